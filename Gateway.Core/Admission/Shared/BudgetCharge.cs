namespace Gateway.Core.Admission.Shared;

/// <summary>Where the money of a budget is booked. Journal and ledger carry it, so that what Redis knew can be made again from them.</summary>
/// <param name="Id">Scope and window, <c>key:demo|day:2026-11-21@UTC</c>: names the counters within the organisation. See <see cref="BudgetClock"/>.</param>
/// <param name="Slot">Which part of a rolling window; 0 for all others.</param>
public readonly record struct BudgetSlot(string Id, long Slot);

/// <summary>One budget that a request is charged to, at the moment of its admission.</summary>
/// <param name="Booking">Where what the request costs is booked, also when it ends in the next window.</param>
/// <param name="Slots">How many slots count, the present one and those before it; 1 where there is but one.</param>
/// <param name="LimitNanoUsd">The limit now, a raise included.</param>
/// <param name="Hard">It refuses. Otherwise it is only counted.</param>
/// <param name="ResetsAt">When it is whole again; null for never. For rolling windows: when the oldest slot leaves.</param>
public readonly record struct BudgetCharge(BudgetSlot Booking, int Slots, long LimitNanoUsd, bool Hard, DateTimeOffset? ResetsAt);

/// <summary>What a request may cost at most, so that the store can decide and choose the output cap in one step. Nano-USD; all rounded up.</summary>
/// <param name="InputNanoUsd">Its input by the estimate, with a margin. Used while every hard budget has more than twenty times the whole bound left.</param>
/// <param name="CautiousInputNanoUsd">Its input if every byte were a token: it cannot be more.</param>
/// <param name="NanoUsdPerOutputToken">Price of one more output token, over all choices that are asked for.</param>
/// <param name="OutputCap">Most output tokens of one choice: the client's cap, else what the gateway would write into the request.</param>
/// <param name="LeastOutputCap">A smaller cap than this is no answer: then the request is refused. Equal to <paramref name="OutputCap"/> where the client named it.</param>
public readonly record struct MoneyBound(long InputNanoUsd, long CautiousInputNanoUsd, long NanoUsdPerOutputToken, long OutputCap, long LeastOutputCap)
{
    /// <summary>The whole bound with a cap.</summary>
    public static long Of(long input, long perToken, long cap) => input + (perToken * cap);
}
