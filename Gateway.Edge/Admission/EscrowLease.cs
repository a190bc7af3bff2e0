using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Admission;

/// <summary>Money that the Edge holds in the shared state for the time that it is away. Not thread-safe: its account has the lock.</summary>
/// <param name="hold">As the shared state knows it.</param>
/// <param name="confirmedAt">Ticks before the shared state was asked for it: its lease there began no earlier.</param>
internal sealed class EscrowLease(Hold hold, long confirmedAt)
{
    /// <summary>The shared state keeps a hold for 30 seconds after it last heard of it. Five of them are for the clocks, and for the Router to announce what it took over.</summary>
    public static readonly TimeSpan Usable = TimeSpan.FromSeconds(25);

    public Hold Hold => hold;

    public long ConfirmedAt => confirmedAt;

    public long AmountNanoUsd => hold.Ticket.HeldNanoUsd;

    public long UsedNanoUsd { get; private set; }

    /// <summary>Requests that took from it and are not over.</summary>
    public int Open { get; set; }

    /// <summary>When its place was taken by another; ticks, null before.</summary>
    public long? RetiredAt { get; set; }

    /// <summary>When the last request that took from it was over, or when it retired; ticks.</summary>
    public long QuietSince { get; set; }

    public bool IsUsable(long now) => now - confirmedAt < Usable.Ticks;

    /// <summary>Takes the bound of a request; negative when it does not fit.</summary>
    public (long Amount, long OutputCap) Take(in MoneyBound bound)
    {
        var (amount, cap) = Gateway.Core.Admission.Local.BudgetCap.ChooseCautiously(bound, AmountNanoUsd - UsedNanoUsd);
        if (amount >= 0)
        {
            UsedNanoUsd += amount;
            Open++;
        }

        return (amount, cap);
    }

    /// <summary>Takes back what was taken a moment ago, before anything was sent anywhere.</summary>
    public void Untake(long amount)
    {
        UsedNanoUsd -= amount;
        Open--;
    }
}
