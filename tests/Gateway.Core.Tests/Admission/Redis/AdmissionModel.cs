using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>What the shared state should be after each call, written down plainly. Limits are never refilled: their windows are longer than any test.</summary>
internal sealed class AdmissionModel
{
    private readonly Dictionary<(Guid, int), char> _decisions = [];
    private readonly Dictionary<Guid, long> _settledIn = [];
    private readonly Dictionary<(Guid RequestId, int Part), ModelHold> _holds = [];
    private readonly Dictionary<BudgetSlot, long> _spent = [];
    private readonly Dictionary<string, long> _held = [];
    private readonly Dictionary<string, long> _taken = [];
    private readonly Dictionary<string, HashSet<(Guid, int)>> _places = [];

    public long Epoch { get; private set; }

    public EpochPhase Phase { get; private set; }

    /// <summary>Money booked or held that no admission of this epoch allowed: late settlements, holds that come back after others took their place.</summary>
    public Dictionary<string, long> Excess { get; } = new(StringComparer.Ordinal);

    public IEnumerable<(Guid RequestId, int Part)> Expired => _holds.Where(static hold => hold.Value.Expired).Select(static hold => hold.Key);

    public IEnumerable<(Guid RequestId, int Part)> Holds => _holds.Keys;

    public long PlacesTaken => _places.Values.Sum(static places => places.Count);

    public BudgetState State(in BudgetSlot slot, int slots = 1)
    {
        var spent = 0L;

        // Of a rolling budget also the slot after the present one: another clock may be ahead.
        for (var i = slots > 1 ? -1 : 0; i < slots; i++)
        {
            spent += _spent.GetValueOrDefault(slot with { Slot = slot.Slot - i });
        }

        return new BudgetState(spent, _held.GetValueOrDefault(slot.Id));
    }

    public (AdmissionOutcome Outcome, long Held, long Cap) Admit(AdmissionRequest request)
    {
        var key = (request.RequestId, request.Part);
        var decision = _decisions.GetValueOrDefault(key);
        if (decision == 'V' || _settledIn.ContainsKey(request.RequestId))
        {
            return (AdmissionOutcome.Void, 0, -1);
        }

        var hold = Phase is EpochPhase.Missing ? null : _holds.GetValueOrDefault(key);
        if (Phase is not EpochPhase.Open && hold is null && request.Budgets.Any(static budget => budget.Hard))
        {
            return (AdmissionOutcome.Rebuilding, 0, -1);
        }

        if (hold is not null || decision == 'A')
        {
            return (AdmissionOutcome.Admitted, hold?.Amount ?? 0, hold?.Cap ?? -1);
        }

        if (decision == 'D')
        {
            return (AdmissionOutcome.Unaffordable, 0, -1);
        }

        if (request.Limits.Any(IsFull))
        {
            return (AdmissionOutcome.Limited, 0, -1);
        }

        if (request.Budgets.Count == 0 || Phase is not EpochPhase.Open)
        {
            _decisions[key] = 'A';
            Take(request);
            return (AdmissionOutcome.Admitted, 0, -1);
        }

        var (amount, cap) = Afford(request);
        if (amount < 0)
        {
            _decisions[key] = 'D';
            return (AdmissionOutcome.Unaffordable, 0, -1);
        }

        Take(request);
        Keep(key, new ModelHold(amount, cap, [.. request.Budgets.Select(static budget => budget.Booking.Id)]));
        return (AdmissionOutcome.Admitted, amount, cap);
    }

    public SettleOutcome Settle(Guid requestId, int part, AdmissionTicket ticket, long cost)
    {
        var key = (requestId, part);
        Leave(key, ticket);
        var hasMoney = ticket.Budgets.Count > 0;
        if (_settledIn.TryGetValue(requestId, out var epoch) && epoch == EpochOf(ticket) && !(hasMoney && Phase is EpochPhase.Missing))
        {
            Release(key);
            return SettleOutcome.Repeated;
        }

        if (hasMoney && Phase is not EpochPhase.Open)
        {
            return SettleOutcome.Rebuilding;
        }

        _settledIn[requestId] = EpochOf(ticket);
        var held = _holds.GetValueOrDefault(key)?.Amount ?? 0;
        var found = Release(key);
        foreach (var slot in ticket.Budgets)
        {
            _spent[slot] = _spent.GetValueOrDefault(slot) + cost;
        }

        Exceed(ticket, Math.Max(0, cost - held));

        return found || ticket.HeldNanoUsd == 0 ? SettleOutcome.Settled : SettleOutcome.Late;
    }

    public void Void(Guid requestId, int part, AdmissionTicket ticket)
    {
        if (!_settledIn.ContainsKey(requestId))
        {
            _decisions[(requestId, part)] = 'V';
        }

        Leave((requestId, part), ticket);
        Release((requestId, part));
    }

    public void Renew(Guid requestId, int part, AdmissionTicket ticket)
    {
        var key = (requestId, part);
        if (_decisions.GetValueOrDefault(key) is 'V' or 'D' || (_settledIn.TryGetValue(requestId, out var epoch) && epoch == EpochOf(ticket)))
        {
            return;
        }

        if (Phase is not EpochPhase.Missing && ticket.HeldNanoUsd > 0)
        {
            if (_holds.TryGetValue(key, out var hold))
            {
                hold.Expired = false;
            }
            else
            {
                Keep(key, new ModelHold(ticket.HeldNanoUsd, ticket.OutputCap, [.. ticket.Budgets.Select(static slot => slot.Id)]));
                if (Phase is EpochPhase.Open)
                {
                    Exceed(ticket, ticket.HeldNanoUsd);
                }
            }
        }

        foreach (var place in ticket.Places)
        {
            Places(place).Add(key);
        }
    }

    public void Expire(Guid requestId, int part)
    {
        if (_holds.TryGetValue((requestId, part), out var hold))
        {
            hold.Expired = true;
        }
    }

    public void Lose(bool all)
    {
        (Epoch, Phase) = (0, EpochPhase.Missing);
        if (all)
        {
            _decisions.Clear();
            _settledIn.Clear();
            _holds.Clear();
            _taken.Clear();
            _places.Clear();
        }

        _spent.Clear();
        _held.Clear();
    }

    public void Begin(long epoch)
    {
        (Epoch, Phase) = (epoch, EpochPhase.Filling);
        _holds.Clear();
        _spent.Clear();
        _held.Clear();
        Excess.Clear();
    }

    public void Fill(IEnumerable<SpentEntry> spent, IEnumerable<Guid> settled)
    {
        foreach (var entry in spent)
        {
            _spent[entry.Slot] = entry.SpentNanoUsd;
        }

        foreach (var requestId in settled)
        {
            _settledIn[requestId] = Epoch;
            Release((requestId, 0));
        }
    }

    public void Exceed(AdmissionTicket ticket, long amount)
    {
        foreach (var slot in ticket.Budgets)
        {
            Excess[slot.Id] = Excess.GetValueOrDefault(slot.Id) + amount;
        }
    }

    public void Open() => Phase = EpochPhase.Open;

    // Without budgets there is no epoch.
    private long EpochOf(AdmissionTicket ticket) => ticket.Budgets.Count > 0 ? Epoch : 0;

    private (long Amount, long Cap) Afford(AdmissionRequest request)
    {
        var bound = request.Bound;
        var hard = request.Budgets.Where(static budget => budget.Hard).ToList();
        var estimate = bound.InputNanoUsd + (bound.NanoUsdPerOutputToken * bound.OutputCap);
        if (hard.Count == 0)
        {
            return (estimate, bound.OutputCap);
        }

        var left = hard.Min(budget =>
        {
            var state = State(budget.Booking, budget.Slots);
            return budget.LimitNanoUsd - state.SpentNanoUsd - state.HeldNanoUsd;
        });
        if (left > 20 * estimate)
        {
            return (estimate, bound.OutputCap);
        }

        for (var cap = bound.OutputCap; cap >= bound.LeastOutputCap; cap--)
        {
            var whole = bound.CautiousInputNanoUsd + (bound.NanoUsdPerOutputToken * cap);
            if (whole <= left)
            {
                return (whole, cap);
            }
        }

        return (-1, -1);
    }

    private bool IsFull(LimitRule rule) => rule.Unit is LimitUnit.Concurrency ? Places(rule.Id).Count >= rule.Limit : _taken.GetValueOrDefault(rule.Id) >= rule.Burst;

    private void Take(AdmissionRequest request)
    {
        foreach (var rule in request.Limits)
        {
            if (rule.Unit is LimitUnit.Concurrency)
            {
                Places(rule.Id).Add((request.RequestId, request.Part));
            }
            else
            {
                _taken[rule.Id] = _taken.GetValueOrDefault(rule.Id) + 1;
            }
        }
    }

    private HashSet<(Guid, int)> Places(string id) => _places.TryGetValue(id, out var places) ? places : _places[id] = [];

    private void Leave((Guid, int) key, AdmissionTicket ticket)
    {
        foreach (var place in ticket.Places)
        {
            Places(place).Remove(key);
        }
    }

    private void Keep((Guid, int) key, ModelHold hold)
    {
        _holds[key] = hold;
        foreach (var budget in hold.Budgets)
        {
            _held[budget] = _held.GetValueOrDefault(budget) + hold.Amount;
        }
    }

    private bool Release((Guid, int) key)
    {
        if (!_holds.Remove(key, out var hold))
        {
            return false;
        }

        foreach (var budget in hold.Budgets)
        {
            // After a loss without a new epoch nothing is counted, and the hold goes with the epoch.
            if (Phase is not EpochPhase.Missing)
            {
                _held[budget] = _held.GetValueOrDefault(budget) - hold.Amount;
            }
        }

        return true;
    }

    private sealed class ModelHold(long amount, long cap, IReadOnlyList<string> budgets)
    {
        public long Amount => amount;

        public long Cap => cap;

        public IReadOnlyList<string> Budgets => budgets;

        public bool Expired { get; set; }
    }
}
