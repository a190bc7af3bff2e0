using Gateway.Core.Journal;
using Gateway.Core.Money;

namespace Gateway.Router.Attempts;

/// <summary>What is known so far about how one upstream call goes. The call alone writes it.</summary>
internal sealed class AttemptOutcome
{
    /// <summary>Until something better is known: the Router broke, and the input may have been charged.</summary>
    public RequestEnding Ending { get; set; } = RequestEnding.UpstreamFailed;

    /// <summary>Status that the client is sent if this call is the one that answers.</summary>
    public int Status { get; set; }

    public string AnsweredModel { get; set; } = "";

    public TokenUsage Usage { get; set; }

    /// <summary>Tier of service that the answer names.</summary>
    public ServiceTier Tier { get; set; }

    public UsageFlags Flags { get; set; } = UsageFlags.Estimated | UsageFlags.Incomplete;

    /// <summary>Timestamp of the first content byte; 0 when none came.</summary>
    public long FirstContentAt { get; set; }

    /// <summary>Why it did not answer.</summary>
    public FailureClass Failure { get; set; }

    /// <summary>HTTP status of the upstream; 0 when no head came.</summary>
    public int UpstreamStatus { get; set; }

    /// <summary>How long it took; set when it is over.</summary>
    public TimeSpan Duration { get; set; }
}
