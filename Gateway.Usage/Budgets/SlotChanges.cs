using Gateway.Core.Admission.Shared;

namespace Gateway.Usage.Budgets;

/// <summary>The slots of a <see cref="BudgetBook"/> that changed since they were last taken. Thread-safe by the book's lock.</summary>
internal sealed class SlotChanges(Lock bookLock)
{
    private readonly Dictionary<string, HashSet<BudgetSlot>> _changed = new(StringComparer.Ordinal);

    public void Add_NeedsLock(string organisation, BudgetSlot slot)
    {
        if (!_changed.TryGetValue(organisation, out var slots))
        {
            _changed.Add(organisation, slots = []);
        }

        slots.Add(slot);
    }

    /// <summary>Of one organisation.</summary>
    public IReadOnlyCollection<BudgetSlot> Take(string organisation)
    {
        lock (bookLock)
        {
            return _changed.Remove(organisation, out var slots) ? slots : [];
        }
    }

    /// <summary>Of all.</summary>
    public List<(string Organisation, BudgetSlot Slot)> TakeAll()
    {
        lock (bookLock)
        {
            var all = _changed.SelectMany(static organisation => organisation.Value.Select(slot => (organisation.Key, slot))).ToList();
            _changed.Clear();
            return all;
        }
    }
}
