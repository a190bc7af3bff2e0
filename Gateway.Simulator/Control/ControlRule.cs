using Gateway.Simulator.Faults;

namespace Gateway.Simulator.Control;

/// <summary>What a test wants of this provider: read from one PUT, never changed.</summary>
/// <param name="Rules">In the order of the document; all that match a request hold for it, a later one wins.</param>
/// <param name="KeepText">How many characters of each answer the meter's rows keep.</param>
internal sealed record ControlDocument(IReadOnlyList<ControlRule> Rules, int KeepText)
{
    public static readonly ControlDocument Empty = new([], 0);
}

/// <summary>Whom a rule concerns, when, and what it does.</summary>
internal sealed record ControlRule
{
    /// <summary>The credential as sent, or its fingerprint; null for all.</summary>
    public string? Credential { get; init; }

    /// <summary>The model without directives; null for all.</summary>
    public string? Model { get; init; }

    /// <summary>Taken in turn, one for each request that the rule breaks; empty when the rule breaks none.</summary>
    public IReadOnlyList<FaultScript> Scripts { get; init; } = [];

    /// <summary>The same as they were written.</summary>
    public IReadOnlyList<string> Directives { get; init; } = [];

    /// <summary>Breaks each n-th matching request. 1: all.</summary>
    public int Every { get; init; } = 1;

    /// <summary>Of those, so large a share, drawn from <see cref="Seed"/>. 1: all.</summary>
    public double Share { get; init; } = 1;

    public ulong Seed { get; init; } = 1;

    /// <summary>Breaks so many requests and no more; null: no end.</summary>
    public long? Times { get; init; }

    /// <summary>Breaks no two requests of the same end user (<c>user</c>), so that a test can tell that a second call is well here.</summary>
    public bool OncePerUser { get; init; }

    /// <summary>The rule begins so long after the PUT.</summary>
    public TimeSpan After { get; init; }

    /// <summary>And holds so long; null: until the next PUT.</summary>
    public TimeSpan? For { get; init; }

    public ControlLimits? Limits { get; init; }

    /// <summary>So many requests at once are served, the others wait in their order; null: all at once.</summary>
    public int? Capacity { get; init; }

    /// <summary>Breaks every request for the while it holds, so that requests which are not metered meet it too.</summary>
    public bool BreaksAll => Every == 1 && Share >= 1 && Times is null && !OncePerUser && Scripts.Count == 1;

    public bool Concerns(string credential, string fingerprint, string model) =>
        (Credential is null || Credential == credential || Credential == fingerprint) && (Model is null || Model == model);
}

/// <summary>Limits of each credential that a rule concerns, as token buckets that refill evenly over the window.</summary>
internal sealed record ControlLimits
{
    public int? Requests { get; init; }

    public long? Tokens { get; init; }

    /// <summary>Requests at once.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Default one minute.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>A control document that cannot be used; the message says where, what is wrong, and what would be right.</summary>
internal sealed class ControlException(string message) : Exception(message);
