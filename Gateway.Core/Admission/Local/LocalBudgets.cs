using System.Runtime.InteropServices;
using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Admission.Local;

/// <summary>What was spent and is held of budgets. Not thread-safe: <see cref="LocalAdmissionStore"/> has the lock.</summary>
/// <remarks>
/// What a slot has spent is the ledger's sum when it was last asked plus what was settled here since the question. Settlements are learned from the ledger themselves, so all that came before the question
/// are in its answer; one that crosses it is counted twice until the next answer, never less than once.
/// </remarks>
/// <param name="isToldBySource">False: a slot that is not known has spent nothing. True: it is not known until <see cref="Fill"/>.</param>
/// <param name="capacity">Budgets kept at most.</param>
internal sealed class LocalBudgets(bool isToldBySource, int capacity)
{
    private readonly Dictionary<StateKey, Account> _accounts = [];
    private long _nextEviction;

    public int Count => _accounts.Count;

    /// <summary>What all accounts hold. For tests and reports.</summary>
    public long HeldNanoUsd => _accounts.Values.Sum(static account => account.Held);

    /// <summary>Whether the spending of each slot that counts is known.</summary>
    public bool IsKnown(string organisation, in BudgetCharge charge) => !isToldBySource || FirstUnknown(organisation, charge) > charge.Booking.Slot;

    /// <summary>Slots that must be told before the request can be decided; null for none.</summary>
    public SpentQuestion? Unknown(AdmissionRequest request)
    {
        List<BudgetSlot>? slots = null;
        for (var i = 0; i < request.Budgets.Count; i++)
        {
            var charge = request.Budgets[i];
            if (IsKnown(request.Organisation, charge))
            {
                continue;
            }

            slots ??= [];
            for (var slot = FirstUnknown(request.Organisation, charge); slot <= charge.Booking.Slot; slot++)
            {
                slots.Add(charge.Booking with { Slot = slot });
            }
        }

        return slots is null ? null : Question(request.Organisation, slots);
    }

    /// <summary>Spent in all slots that count, and held.</summary>
    public BudgetState State(string organisation, in BudgetCharge charge)
    {
        if (!_accounts.TryGetValue(new StateKey(organisation, charge.Booking.Id), out var account))
        {
            return default;
        }

        var spent = 0L;
        foreach (ref readonly var slot in CollectionsMarshal.AsSpan(account.Slots))
        {
            if (slot.Number > charge.Booking.Slot - charge.Slots && slot.Number <= charge.Booking.Slot)
            {
                spent += slot.Spent;
            }
        }

        return new BudgetState(spent, account.Held);
    }

    /// <returns>False when there is no room for another budget.</returns>
    public bool TryHold(string organisation, in BudgetSlot booking, long amount, long now)
    {
        if (Find(organisation, booking.Id, now) is not { } account)
        {
            return false;
        }

        account.Held += amount;
        return true;
    }

    public void Release(string organisation, in BudgetSlot booking, long amount)
    {
        if (_accounts.TryGetValue(new StateKey(organisation, booking.Id), out var account))
        {
            account.Held = Math.Max(0, account.Held - amount);
        }
    }

    public void Spend(string organisation, in BudgetSlot booking, long cost, long now)
    {
        if (Find(organisation, booking.Id, now) is { } account)
        {
            ref var slot = ref SlotOf(account, booking.Slot);
            slot.Spent += cost;
            slot.SettledHere += cost;
        }
    }

    /// <summary>Slots that were used lately, so many at most, to be asked for again.</summary>
    public IReadOnlyList<SpentQuestion> UsedSince(long since, int most)
    {
        var used = new List<(string Organisation, BudgetSlot Slot)>();
        foreach (var (key, account) in _accounts)
        {
            if (account.UsedAt >= since)
            {
                used.AddRange(account.Slots.Take(most - used.Count).Select(slot => (key.Organisation, new BudgetSlot(key.Id, slot.Number))));
            }
        }

        return [.. used.GroupBy(static slot => slot.Organisation, static slot => slot.Slot, StringComparer.Ordinal).Select(slots => Question(slots.Key, [.. slots]))];
    }

    /// <summary>Takes over the ledger's sums.</summary>
    /// <param name="spent">In the order of the question's slots.</param>
    public void Fill(SpentQuestion question, IReadOnlyList<long> spent, long now)
    {
        for (var i = 0; i < question.Slots.Count && i < spent.Count; i++)
        {
            var slot = question.Slots[i];
            if (Find(question.Organisation, slot.Id, now) is { } account)
            {
                ref var sum = ref SlotOf(account, slot.Slot);
                sum.Spent = spent[i] + Math.Max(0, sum.SettledHere - question.SettledHere[i]);
                sum.IsKnown = true;
            }
        }
    }

    private SpentQuestion Question(string organisation, List<BudgetSlot> slots) => new(organisation, slots, [.. slots.Select(slot => SettledHere(organisation, slot))]);

    private long SettledHere(string organisation, BudgetSlot slot)
    {
        if (_accounts.TryGetValue(new StateKey(organisation, slot.Id), out var account))
        {
            foreach (ref readonly var known in CollectionsMarshal.AsSpan(account.Slots))
            {
                if (known.Number == slot.Slot)
                {
                    return known.SettledHere;
                }
            }
        }

        return 0;
    }

    private static ref SlotSum SlotOf(Account account, long number)
    {
        var slots = account.Slots;
        for (var i = 0; i < slots.Count; i++)
        {
            if (slots[i].Number == number)
            {
                return ref CollectionsMarshal.AsSpan(slots)[i];
            }
        }

        // Those that left the window long ago; a request may still be booked in an old one.
        slots.RemoveAll(slot => slot.Number < number - (2 * BudgetClock.RollingSlots));
        slots.Add(new SlotSum { Number = number });
        return ref CollectionsMarshal.AsSpan(slots)[^1];
    }

    private long FirstUnknown(string organisation, in BudgetCharge charge)
    {
        var first = charge.Booking.Slot - charge.Slots + 1;
        if (!_accounts.TryGetValue(new StateKey(organisation, charge.Booking.Id), out var account))
        {
            return first;
        }

        var known = 0;
        foreach (ref readonly var slot in CollectionsMarshal.AsSpan(account.Slots))
        {
            known += slot.IsKnown && slot.Number >= first && slot.Number <= charge.Booking.Slot ? 1 : 0;
        }

        if (known == charge.Slots)
        {
            return charge.Booking.Slot + 1;
        }

        while (IsKnownSlot(account, first))
        {
            first++;
        }

        return first;
    }

    private static bool IsKnownSlot(Account account, long number)
    {
        foreach (ref readonly var slot in CollectionsMarshal.AsSpan(account.Slots))
        {
            if (slot.Number == number)
            {
                return slot.IsKnown;
            }
        }

        return false;
    }

    private Account? Find(string organisation, string id, long now)
    {
        var key = new StateKey(organisation, id);
        if (!_accounts.TryGetValue(key, out var account))
        {
            if (_accounts.Count >= capacity && !Evict(now))
            {
                return null;
            }

            _accounts[key] = account = new Account();
        }

        account.UsedAt = now;
        return account;
    }

    // Those that nothing is held of, least lately used first, an eighth at a time. What they had spent is asked for again.
    private bool Evict(long now)
    {
        if (now < _nextEviction)
        {
            return false;
        }

        var ages = new List<long>(_accounts.Count);
        foreach (var account in _accounts.Values)
        {
            if (account.Held == 0)
            {
                ages.Add(account.UsedAt);
            }
        }

        var most = capacity / 8;
        if (ages.Count < most)
        {
            // Nearly all are in use: not to be walked for every request.
            _nextEviction = now + 1_000_000;
        }

        ages.Sort();
        var last = ages.Count == 0 ? long.MinValue : ages[Math.Min(ages.Count - 1, most)];
        foreach (var (key, account) in _accounts)
        {
            if (account.Held == 0 && account.UsedAt <= last)
            {
                _accounts.Remove(key);
            }
        }

        return _accounts.Count < capacity;
    }

    private struct SlotSum
    {
        public long Number;
        public long Spent;
        public long SettledHere;
        public bool IsKnown;
    }

    private sealed class Account
    {
        public readonly List<SlotSum> Slots = [];
        public long Held;
        public long UsedAt;
    }
}
