using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Admission.Local;

/// <summary>What the budgets of a request say.</summary>
/// <param name="Amount">To be held.</param>
internal readonly record struct MoneyDecision(AdmissionOutcome Outcome, int Binding, long Amount, long OutputCap)
{
    public static MoneyDecision None => new(AdmissionOutcome.Admitted, -1, 0, -1);
}

/// <summary>Budgets and the holds on them. Not thread-safe: <see cref="LocalAdmissionStore"/> has the lock.</summary>
internal sealed class LocalMoney(LocalBudgets budgets)
{
    /// <summary>Stands for never.</summary>
    private static readonly TimeSpan Year = TimeSpan.FromDays(366);

    /// <summary>What is held comes back soon; nobody knows when.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly LocalHolds _holds = new();

    public LocalBudgets Budgets => budgets;

    public long HeldNanoUsd => budgets.HeldNanoUsd;

    /// <summary>Whether all hard budgets suffice, and for how much output, without changing anything.</summary>
    public MoneyDecision Afford(AdmissionRequest request, DateTimeOffset time)
    {
        var least = long.MaxValue;
        for (var i = 0; i < request.Budgets.Count; i++)
        {
            var charge = request.Budgets[i];
            if (!charge.Hard)
            {
                continue;
            }

            if (!budgets.IsKnown(request.Organisation, charge))
            {
                return new MoneyDecision(AdmissionOutcome.Rebuilding, i, 0, -1);
            }

            least = Math.Min(least, Left(request, charge));
        }

        var (amount, cap) = BudgetCap.Choose(request.Bound, least);
        return amount >= 0
            ? new MoneyDecision(AdmissionOutcome.Admitted, -1, amount, cap)
            : new MoneyDecision(AdmissionOutcome.Unaffordable, Binding(request, time), 0, -1);
    }

    public BudgetState[] States(AdmissionRequest request, bool withBudgets)
    {
        if (request.Budgets.Count == 0)
        {
            return [];
        }

        var states = new BudgetState[request.Budgets.Count];
        for (var i = 0; withBudgets && i < states.Length; i++)
        {
            states[i] = budgets.State(request.Organisation, request.Budgets[i]);
        }

        return states;
    }

    /// <returns>False when there is no room for another budget; nothing is held then.</returns>
    public bool TryHold(RequestPart key, AdmissionRequest request, long amount, long now)
    {
        var slots = new BudgetSlot[request.Budgets.Count];
        for (var i = 0; i < slots.Length; i++)
        {
            slots[i] = request.Budgets[i].Booking;
        }

        return TryHold(key, request.Organisation, slots, amount, now);
    }

    /// <summary>Another lease; a hold that was lost is made again.</summary>
    public void Renew(RequestPart key, AdmissionTicket ticket, long now)
    {
        if (ticket.HeldNanoUsd > 0 && ticket.Budgets.Count > 0 && !_holds.TryRenew(key, now))
        {
            TryHold(key, ticket.Organisation, [.. ticket.Budgets], ticket.HeldNanoUsd, now);
        }
    }

    /// <returns>False when nothing was held.</returns>
    public bool GiveBack(RequestPart key)
    {
        if (!_holds.TryTake(key, out var hold))
        {
            return false;
        }

        Release(hold!);
        return true;
    }

    /// <summary>Gives back the holds whose lease is over.</summary>
    public void GiveBackOver(long now)
    {
        while (_holds.TryTakeOver(now, out var hold))
        {
            Release(hold!);
        }
    }

    /// <summary>Until a budget suffices for the least that a request needs: that holds end, that slots leave, that the window ends, or nothing helps.</summary>
    public TimeSpan Patience(AdmissionRequest request, int index, DateTimeOffset time)
    {
        var charge = request.Budgets[index];
        var bound = request.Bound;
        var need = MoneyBound.Of(bound.CautiousInputNanoUsd, bound.NanoUsdPerOutputToken, bound.LeastOutputCap);
        var state = budgets.State(request.Organisation, charge);
        if (charge.LimitNanoUsd - state.SpentNanoUsd - state.HeldNanoUsd >= need)
        {
            return TimeSpan.Zero;
        }

        if (need > charge.LimitNanoUsd)
        {
            return Year;
        }

        if (charge.LimitNanoUsd - state.SpentNanoUsd >= need)
        {
            return Soon;
        }

        if (charge.ResetsAt is not { } resets)
        {
            return Year;
        }

        // Slots of a rolling window leave one after the other; each of them lasts as long.
        var left = charge;
        for (var slots = charge.Slots; slots > 1; slots--)
        {
            left = left with { Slots = slots - 1 };
            if (charge.LimitNanoUsd - budgets.State(request.Organisation, left).SpentNanoUsd >= need)
            {
                break;
            }

            resets += TimeSpan.FromTicks(charge.ResetsAt.Value.UtcTicks / (charge.Booking.Slot + 1));
        }

        return resets > time ? resets - time : TimeSpan.FromMicroseconds(1);
    }

    private long Left(AdmissionRequest request, in BudgetCharge charge)
    {
        var state = budgets.State(request.Organisation, charge);
        return charge.LimitNanoUsd - state.SpentNanoUsd - state.HeldNanoUsd;
    }

    // Of those that do not suffice, the one that takes longest to.
    private int Binding(AdmissionRequest request, DateTimeOffset time)
    {
        var binding = 0;
        var longest = TimeSpan.Zero;
        for (var i = 0; i < request.Budgets.Count; i++)
        {
            if (request.Budgets[i].Hard && Patience(request, i, time) is var patience && patience > longest)
            {
                (binding, longest) = (i, patience);
            }
        }

        return binding;
    }

    private bool TryHold(RequestPart key, string organisation, BudgetSlot[] slots, long amount, long now)
    {
        // One that was forgotten as a decision and not as a hold must not be held twice.
        GiveBack(key);
        for (var i = 0; i < slots.Length; i++)
        {
            if (budgets.TryHold(organisation, slots[i], amount, now))
            {
                continue;
            }

            while (--i >= 0)
            {
                budgets.Release(organisation, slots[i], amount);
            }

            return false;
        }

        _holds.Add(key, organisation, slots, amount, now);
        return true;
    }

    private void Release(LocalHold hold)
    {
        foreach (var slot in hold.Slots)
        {
            budgets.Release(hold.Organisation, slot, hold.Amount);
        }
    }
}
