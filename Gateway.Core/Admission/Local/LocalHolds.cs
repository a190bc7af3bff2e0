using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Admission.Local;

/// <summary>Money that running requests hold, each with a lease. Not thread-safe.</summary>
internal sealed class LocalHolds
{
    public const long LeaseMicros = 30_000_000;

    private readonly Dictionary<RequestPart, LocalHold> _holds = [];

    // By their ends as they were when they were put in; who renewed since is put in again when its turn comes.
    private readonly PriorityQueue<RequestPart, long> _ends = new();

    public int Count => _holds.Count;

    public void Add(RequestPart request, string organisation, BudgetSlot[] slots, long amount, long now)
    {
        _holds[request] = new LocalHold(organisation, slots, amount, now + LeaseMicros);
        _ends.Enqueue(request, now + LeaseMicros);
    }

    /// <returns>False when there is none.</returns>
    public bool TryRenew(RequestPart request, long now)
    {
        if (!_holds.TryGetValue(request, out var hold))
        {
            return false;
        }

        hold.Until = now + LeaseMicros;
        return true;
    }

    public bool TryTake(RequestPart request, out LocalHold? hold) => _holds.Remove(request, out hold);

    /// <summary>Takes one whose lease is over.</summary>
    public bool TryTakeOver(long now, out LocalHold? hold)
    {
        while (_ends.TryPeek(out var request, out var until) && until <= now)
        {
            _ends.Dequeue();
            if (!_holds.TryGetValue(request, out hold))
            {
                continue;
            }

            if (hold.Until <= now)
            {
                _holds.Remove(request);
                return true;
            }

            _ends.Enqueue(request, hold.Until);
        }

        hold = null;
        return false;
    }
}

/// <param name="organisation">Whose.</param>
/// <param name="slots">Where it is held.</param>
/// <param name="amount">Nano-USD, in each of them.</param>
/// <param name="until">End of the lease in microseconds.</param>
internal sealed class LocalHold(string organisation, BudgetSlot[] slots, long amount, long until)
{
    public string Organisation => organisation;

    public BudgetSlot[] Slots => slots;

    public long Amount => amount;

    public long Until { get; set; } = until;
}
