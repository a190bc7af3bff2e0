namespace Gateway.Core.Admission.Shared;

/// <summary>A rate of tokens that a request has reserved in.</summary>
/// <param name="Id"><see cref="LimitRule.Id"/>.</param>
public readonly record struct TokenRate(string Id, long Limit, TimeSpan Window);

/// <summary>What a budget said when a request was admitted, so that more of it can be asked for later in the same terms.</summary>
/// <param name="Slots"><see cref="BudgetCharge.Slots"/>.</param>
/// <param name="LimitNanoUsd"><see cref="BudgetCharge.LimitNanoUsd"/>.</param>
/// <param name="Hard"><see cref="BudgetCharge.Hard"/>.</param>
public readonly record struct BudgetTerms(int Slots, long LimitNanoUsd, bool Hard);

/// <summary>
/// What an admitted request holds of the shared state, and all that is needed to give it back. It travels in the signed context: the Router renews and settles by it.
/// </summary>
public sealed record AdmissionTicket
{
    public required string Organisation { get; init; }

    /// <summary><see cref="AdmissionRequest.Part"/> that was admitted: 0, or another where the request itself was asked for in several ways. Parts that the Router asks for come after it.</summary>
    public int Part { get; init; }

    /// <summary>Budgets that what the request costs is booked to; also where nothing could be held.</summary>
    public IReadOnlyList<BudgetSlot> Budgets { get; init; } = [];

    /// <summary>The terms of each of <see cref="Budgets"/>, in the same order. Empty where they are not known: then nothing more can be asked for.</summary>
    public IReadOnlyList<BudgetTerms> Terms { get; init; } = [];

    /// <summary>Whether one of the budgets is hard: then the request may not cost more than what is held.</summary>
    public bool IsHard { get; init; }

    /// <summary>Money held in nano-USD; 0 for none.</summary>
    public long HeldNanoUsd { get; init; }

    /// <summary>Input tokens that <see cref="HeldNanoUsd"/> suffices for: the estimate or the cautious bound, whichever the store took. -1 where it is not known.</summary>
    public long InputTokens { get; init; } = -1;

    /// <summary>Cap on the output tokens of a choice that must stand in the upstream request; -1 for none.</summary>
    public long OutputCap { get; init; } = -1;

    /// <summary><see cref="LimitRule.Id"/> of each concurrency limit that the request has a place in.</summary>
    public IReadOnlyList<string> Places { get; init; } = [];

    public IReadOnlyList<TokenRate> TokenRates { get; init; } = [];

    /// <summary>Tokens reserved in each of <see cref="TokenRates"/>.</summary>
    public long ReservedTokens { get; init; }

    /// <summary>Whether there is anything to renew or to give back in the shared state.</summary>
    public bool HoldsAnything => HeldNanoUsd > 0 || Budgets.Count > 0 || Places.Count > 0 || TokenRates.Count > 0;
}

/// <summary>The end of a request, told to the shared state.</summary>
public sealed record Settlement
{
    public required Guid RequestId { get; init; }

    public int Part { get; init; }

    public required AdmissionTicket Ticket { get; init; }

    /// <summary>What all of the request cost in nano-USD.</summary>
    public long CostNanoUsd { get; init; }

    /// <summary>Tokens of input and output that it really had; null leaves the estimate as it is.</summary>
    public long? Tokens { get; init; }
}

/// <summary>What became of a <see cref="Settlement"/>.</summary>
public enum SettleOutcome : byte
{
    Settled,

    /// <summary>It was settled before; nothing was changed.</summary>
    Repeated,

    /// <summary>Nothing was held any more. The cost counts all the same.</summary>
    Late,

    /// <summary>What was spent is being counted anew: settle again when that is over.</summary>
    Rebuilding,

    /// <summary>Older than decisions are remembered: nothing was changed, the ledger corrects the counters.</summary>
    Forgotten,
}

/// <summary>A running request's hold, renewed while it runs.</summary>
public readonly record struct Hold(Guid RequestId, int Part, AdmissionTicket Ticket);
