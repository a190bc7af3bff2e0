namespace Gateway.Core.Admission.Shared;

/// <summary>Asks for the admission of one request: every limit and every budget at once, or nothing.</summary>
public sealed record AdmissionRequest
{
    /// <summary>Whose state; all its keys share a hash tag, so that one script can decide.</summary>
    public required string Organisation { get; init; }

    /// <summary>A UUID of version 7: its time says how long the decision must be remembered. The same request asks with the same id, however often.</summary>
    public required Guid RequestId { get; init; }

    /// <summary>0 for the request itself; 1 and more for money that it needs beyond (a dearer fallback, a processor, another model). Each part has a decision of its own.</summary>
    public int Part { get; init; }

    public IReadOnlyList<LimitRule> Limits { get; init; } = [];

    /// <summary>What token limits reserve.</summary>
    public long Tokens { get; init; }

    /// <summary>For session limits; a digest, never what the client sent.</summary>
    public string Session { get; init; } = "";

    public IReadOnlyList<BudgetCharge> Budgets { get; init; } = [];

    /// <summary>Only with <see cref="Budgets"/>.</summary>
    public MoneyBound Bound { get; init; }
}

public enum AdmissionOutcome : byte
{
    Admitted,

    /// <summary>A limit refuses; nothing was changed.</summary>
    Limited,

    /// <summary>A hard budget does not suffice; the denial is remembered for this id.</summary>
    Unaffordable,

    /// <summary>What was spent is being counted anew, so hard budgets cannot be decided now.</summary>
    Rebuilding,

    /// <summary>It came too late, or was voided before: nothing was changed.</summary>
    Void,
}

/// <summary>The answer to an <see cref="AdmissionRequest"/>. The lists stand in the order of the request's.</summary>
public sealed record AdmissionAnswer
{
    public required AdmissionOutcome Outcome { get; init; }

    /// <summary>Index of the limit or budget that refuses: the one that takes longest to allow it. -1 when admitted.</summary>
    public int Binding { get; init; } = -1;

    /// <summary>When refused: a request after exactly this is admitted, unless another takes the place.</summary>
    public TimeSpan RetryAfter { get; init; }

    public IReadOnlyList<LimitState> Limits { get; init; } = [];

    public IReadOnlyList<BudgetState> Budgets { get; init; } = [];

    /// <summary>Money that is held now; 0 without budgets.</summary>
    public long HeldNanoUsd { get; init; }

    /// <summary>Output tokens of one choice that the money held suffices for; -1 without budgets.</summary>
    public long OutputCap { get; init; } = -1;

    /// <summary>Decided by this process alone because the shared state did not answer.</summary>
    public bool Degraded { get; init; }
}

/// <param name="Remaining">What would still be admitted at once.</param>
/// <param name="ResetAfter">Until it is whole again.</param>
/// <param name="Exceeded">It would refuse: a limit in shadow mode, or the one that does.</param>
public readonly record struct LimitState(long Remaining, TimeSpan ResetAfter, bool Exceeded);

/// <param name="SpentNanoUsd">Spent in the window that counts, without this request.</param>
/// <param name="HeldNanoUsd">Held by running requests, this one included.</param>
public readonly record struct BudgetState(long SpentNanoUsd, long HeldNanoUsd);
