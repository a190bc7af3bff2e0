using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Core.Money;

namespace Gateway.Router.Pipeline;

/// <summary>What is known so far about how an exchange goes. One request writes it, one step after the other.</summary>
public sealed class ExchangeOutcome
{
    /// <summary>How it ended; a request that nobody dispatched was refused.</summary>
    public RequestEnding Ending { get; internal set; } = RequestEnding.Refused;

    public int Status { get; internal set; }

    /// <summary>The error that the gateway itself told the client, or null.</summary>
    public GatewayError? Error { get; internal set; }

    public string Deployment { get; internal set; } = "";

    public string AnsweredModel { get; internal set; } = "";

    public TokenUsage Usage { get; internal set; }

    public long CostNanoUsd { get; internal set; }

    public UsageFlags Flags { get; internal set; }

    public int Attempts { get; internal set; }

    /// <summary>Timestamp of the first content byte; 0 when none came.</summary>
    internal long FirstContentAt { get; set; }
}
