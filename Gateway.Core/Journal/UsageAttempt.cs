using Gateway.Core.Money;

namespace Gateway.Core.Journal;

/// <summary>One upstream call of a request.</summary>
public sealed record UsageAttempt
{
    /// <summary>1, 2, 3 in the order of dispatch.</summary>
    public required int Number { get; init; }

    /// <summary>Deployment id (<c>provider/model</c>) that was called, and whose price the cost was made with.</summary>
    public required string Deployment { get; init; }

    /// <summary>Label of the provider's key such as <c>openai#2</c>, never the key; empty where there is one or none.</summary>
    public string Credential { get; init; } = "";

    public required RequestEnding Ending { get; init; }

    /// <summary>HTTP status of the upstream; 0 when no head came.</summary>
    public int UpstreamStatus { get; init; }

    /// <summary>Class of the failure in snake_case (<c>rate_limited</c>, <c>unreachable</c>); empty when it answered.</summary>
    public string Failure { get; init; } = "";

    /// <summary>Model name that the upstream answered with; empty when it named none.</summary>
    public string AnsweredModel { get; init; } = "";

    /// <summary>What this call is charged for.</summary>
    public TokenUsage Usage { get; init; }

    /// <summary>Chargeable cost of this call in nano-USD.</summary>
    public long CostNanoUsd { get; init; }

    public UsageFlags Flags { get; init; }

    /// <summary>Arrival of the request to the dispatch of this call, in milliseconds.</summary>
    public long StartMs { get; init; }

    /// <summary>Dispatch to the end of this call, in milliseconds.</summary>
    public long DurationMs { get; init; }

    /// <summary>Dispatch to the first byte of content, in milliseconds; -1 when there was none.</summary>
    public long TimeToFirstTokenMs { get; init; } = -1;

    /// <summary>Sent beside an earlier call that had not answered yet.</summary>
    public bool IsHedge { get; init; }
}
