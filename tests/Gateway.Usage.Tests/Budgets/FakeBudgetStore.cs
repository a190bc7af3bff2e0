using Gateway.Core.Admission.Shared;

namespace Gateway.Usage.Tests.Budgets;

/// <summary>The shared state of one organisation in memory, as the contracts describe it. A test may make it lose its memory, not answer, or do what it is told without an answer.</summary>
internal sealed class FakeBudgetStore(TimeProvider time) : IAdmissionStore, IBudgetAuthority
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private readonly Dictionary<BudgetSlot, long> _spent = [];
    private readonly Dictionary<(Guid, int), (Hold Hold, DateTimeOffset Until)> _holds = [];
    private readonly HashSet<Guid> _settled = [];
    private readonly HashSet<(Guid, int)> _voided = [];
    private readonly Dictionary<string, (DateTimeOffset Seen, bool Told)> _holders = new(StringComparer.Ordinal);

    public EpochState Epoch { get; private set; }

    public bool IsUp { get; set; } = true;

    /// <summary>Calls change what they should, and their answers get lost.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>Calls change nothing and get no answer.</summary>
    public bool LosesCalls { get; set; }

    public List<string> Calls { get; } = [];

    /// <summary>Between the pieces of a filling, for example.</summary>
    public Action<string>? Before { get; set; }

    public bool IsOpen => Epoch.Phase is EpochPhase.Open;

    public int Holds => _holds.Count;

    public long Spent(BudgetSlot slot) => _spent.GetValueOrDefault(slot);

    public long Held(BudgetSlot slot) => _holds.Values.Where(hold => hold.Hold.Ticket.Budgets.Contains(slot)).Sum(static hold => hold.Hold.Ticket.HeldNanoUsd);

    /// <summary>As an admission leaves it.</summary>
    public bool Admit(Hold hold)
    {
        if (!IsUp || !IsOpen || _voided.Contains((hold.RequestId, hold.Part)))
        {
            return false;
        }

        _holds[(hold.RequestId, hold.Part)] = (hold, time.GetUtcNow() + Lease);
        return true;
    }

    /// <summary>All of its memory.</summary>
    public void Lose()
    {
        Forget();
        _holders.Clear();
        Epoch = default;
    }

    /// <summary>One settlement, without the request's mark.</summary>
    public void Lose(BudgetSlot slot, long nanoUsd, params Guid[] marks)
    {
        _spent[slot] -= nanoUsd;
        _settled.ExceptWith(marks);
    }

    public void Restore(EpochState epoch) => Epoch = epoch;

    public ValueTask<AdmissionAnswer?> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<AdmissionAnswer?> PeekAsync(AdmissionRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<SettleOutcome?> SettleAsync(Settlement settlement, CancellationToken cancellationToken) => Answer<SettleOutcome?>("settle", null, () =>
    {
        if (!IsOpen)
        {
            return SettleOutcome.Rebuilding;
        }

        var held = _holds.Remove((settlement.RequestId, settlement.Part));
        if (!_settled.Add(settlement.RequestId))
        {
            return SettleOutcome.Repeated;
        }

        foreach (var slot in settlement.Ticket.Budgets)
        {
            _spent[slot] = Spent(slot) + settlement.CostNanoUsd;
        }

        return held ? SettleOutcome.Settled : SettleOutcome.Late;
    });

    public ValueTask<bool> VoidAsync(Hold hold, CancellationToken cancellationToken) => Answer("void", false, () =>
    {
        _holds.Remove((hold.RequestId, hold.Part));
        _voided.Add((hold.RequestId, hold.Part));
        return true;
    });

    public ValueTask<EpochState?> RenewAsync(string organisation, string holder, IReadOnlyList<Hold> holds, bool isAll, CancellationToken cancellationToken) => Answer<EpochState?>("renew", null, () =>
    {
        if (Epoch.Phase is EpochPhase.Missing)
        {
            return Epoch;
        }

        foreach (var hold in holds)
        {
            if (!_settled.Contains(hold.RequestId) && !_voided.Contains((hold.RequestId, hold.Part)))
            {
                _holds[(hold.RequestId, hold.Part)] = (hold, time.GetUtcNow() + Lease);
            }
        }

        var told = _holders.TryGetValue(holder, out var known) && known.Told;
        _holders[holder] = (time.GetUtcNow(), told || (isAll && Epoch.Phase is EpochPhase.Filling));
        return Epoch;
    });

    public ValueTask<EpochState?> EpochAsync(string organisation, CancellationToken cancellationToken) => Answer<EpochState?>("epoch", null, () => Epoch);

    public ValueTask<bool> BeginAsync(string organisation, EpochState seen, long next, CancellationToken cancellationToken) => Answer("begin", false, () =>
    {
        if (Epoch != seen)
        {
            return false;
        }

        Forget();
        Epoch = new EpochState(next, EpochPhase.Filling);
        foreach (var holder in _holders.Keys)
        {
            _holders[holder] = _holders[holder] with { Told = false };
        }

        return true;
    });

    public ValueTask<IReadOnlyList<(string Holder, bool HasToldAll)>?> HoldersAsync(string organisation, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<(string, bool)>?>("holders", null, () =>
            [.. _holders.Where(holder => holder.Value.Seen >= time.GetUtcNow() - TimeSpan.FromSeconds(3)).Select(static holder => (holder.Key, holder.Value.Told))]);

    public ValueTask<bool> FillAsync(string organisation, long epoch, IReadOnlyList<SpentEntry> spent, IReadOnlyList<(Guid RequestId, long CostNanoUsd)> settled, CancellationToken cancellationToken) =>
        Answer("fill", false, () =>
        {
            Assert.InRange(spent.Count, 0, 256);
            Assert.InRange(settled.Count, 0, 1024);
            if (Epoch != new EpochState(epoch, EpochPhase.Filling))
            {
                return false;
            }

            foreach (var entry in spent)
            {
                _spent[entry.Slot] = entry.SpentNanoUsd;
            }

            foreach (var (id, _) in settled)
            {
                _settled.Add(id);
                foreach (var hold in _holds.Keys.Where(hold => hold.Item1 == id).ToList())
                {
                    _holds.Remove(hold);
                }
            }

            return true;
        });

    public ValueTask<bool> OpenAsync(string organisation, long epoch, CancellationToken cancellationToken) => Answer("open", false, () =>
    {
        if (Epoch != new EpochState(epoch, EpochPhase.Filling))
        {
            return false;
        }

        Epoch = Epoch with { Phase = EpochPhase.Open };
        return true;
    });

    public ValueTask<bool> DiscardAsync(string organisation, EpochState seen, CancellationToken cancellationToken) => Answer("discard", false, () =>
    {
        if (Epoch == seen)
        {
            Epoch = new EpochState(0, EpochPhase.Missing);
        }

        return Epoch.Phase is EpochPhase.Missing;
    });

    public ValueTask<IReadOnlyList<Hold>?> ExpiredAsync(string organisation, int most, CancellationToken cancellationToken) => Answer<IReadOnlyList<Hold>?>("expired", null, () =>
        [.. _holds.Values.Where(hold => hold.Until <= time.GetUtcNow()).OrderBy(static hold => hold.Until).Take(most).Select(static hold => hold.Hold)]);

    public ValueTask<IReadOnlyList<BudgetState>?> CountsAsync(string organisation, IReadOnlyList<BudgetSlot> slots, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<BudgetState>?>("counts", null, () => [.. slots.Select(slot => new BudgetState(Spent(slot), Held(slot)))]);

    private void Forget()
    {
        _spent.Clear();
        _holds.Clear();
        _settled.Clear();
        _voided.Clear();
    }

    private ValueTask<T> Answer<T>(string call, T none, Func<T> work)
    {
        Before?.Invoke(call);
        if (!IsUp || LosesCalls)
        {
            return new(none);
        }

        Calls.Add(call);
        var answer = work();
        return new(LosesAnswers ? none : answer);
    }
}
