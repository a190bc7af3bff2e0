using System.Buffers.Binary;
using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Admission.Local;

/// <summary>
/// Limits and budgets in the memory of this process: the authority where there is no Redis, the stand-in for limits while it is away. Thread-safe by one short lock; every answer is there at once.
/// </summary>
/// <remarks>
/// The same decisions as in the shared store, with these differences: memory is bounded (<see cref="LocalCapacity"/>), so that a decision is remembered until many others came after it; a hold whose lease
/// ended is given back at once, since nobody else could know of it; and its counters are lost with the process, so that there is no epoch to lose.
/// </remarks>
/// <param name="time">Monotonic clock of the limits; the time of day says how old an id is.</param>
/// <param name="isToldBySource">Whether what budgets have spent must be told by <see cref="Fill"/> before hard ones are decided.</param>
/// <param name="capacity">Null for the default.</param>
public sealed class LocalAdmissionStore(TimeProvider time, bool isToldBySource = false, LocalCapacity? capacity = null) : IAdmissionStore
{
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(23);
    private static readonly EpochState Epoch = new(1, EpochPhase.Open);
    private static readonly AdmissionAnswer Voided = new() { Outcome = AdmissionOutcome.Void };

    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();
    private readonly LocalLimits _limits = new(capacity ?? new());
    private readonly LocalDecisions _decisions = new((capacity ?? new()).Decisions);
    private readonly LocalMoney _money = new(new LocalBudgets(isToldBySource, (capacity ?? new()).Budgets));
    private int _share = 1;

    public bool IsUp => true;

    /// <summary>Each limit is counted for one of so many Edges: rates so many times slower, the others divided, at least 1.</summary>
    public int Share
    {
        get => Volatile.Read(ref _share);
        set => Volatile.Write(ref _share, Math.Max(1, value));
    }

    /// <summary>Microseconds on this store's clock, from 1 on.</summary>
    public long NowMicros => 1 + Micros(time.GetElapsedTime(_start));

    /// <summary>Money held over all budgets; a request counts once for each of its.</summary>
    public long HeldNanoUsd
    {
        get
        {
            lock (_lock)
            {
                _money.GiveBackOver(NowMicros);
                return _money.HeldNanoUsd;
            }
        }
    }

    public ValueTask<AdmissionAnswer?> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken) => new(Admit(request));

    public ValueTask<AdmissionAnswer?> PeekAsync(AdmissionRequest request, CancellationToken cancellationToken) => new(Peek(request));

    public ValueTask<SettleOutcome?> SettleAsync(Settlement settlement, CancellationToken cancellationToken) => new(Settle(settlement));

    public ValueTask<bool> VoidAsync(Hold hold, CancellationToken cancellationToken)
    {
        Void(hold);
        return new(true);
    }

    public ValueTask<EpochState?> RenewAsync(string organisation, string holder, IReadOnlyList<Hold> holds, bool isAll, CancellationToken cancellationToken)
    {
        for (var i = 0; i < holds.Count; i++)
        {
            Renew(holds[i]);
        }

        return new(Epoch);
    }

    /// <summary>Decides and takes.</summary>
    /// <param name="withBudgets">False leaves budgets out: they are decided elsewhere.</param>
    public AdmissionAnswer Admit(AdmissionRequest request, bool withBudgets = true)
    {
        lock (_lock)
        {
            return Decide_NeedsLock(request, withBudgets, isPeek: false, NowMicros);
        }
    }

    /// <summary>What <see cref="Admit"/> would answer.</summary>
    public AdmissionAnswer Peek(AdmissionRequest request, bool withBudgets = true)
    {
        lock (_lock)
        {
            return Decide_NeedsLock(request, withBudgets, isPeek: true, NowMicros);
        }
    }

    public SettleOutcome Settle(Settlement settlement)
    {
        if (IsTooOld(settlement.RequestId))
        {
            return SettleOutcome.Forgotten;
        }

        var request = new RequestPart(settlement.RequestId, settlement.Part);
        var ticket = settlement.Ticket;
        lock (_lock)
        {
            var now = NowMicros;
            var isKnown = _decisions.TryGet(request, out var decision);
            if (isKnown && decision.Kind is DecisionKind.Settled)
            {
                return SettleOutcome.Repeated;
            }

            _limits.Leave(request, ticket);
            var wasHeld = _money.GiveBack(request);
            for (var i = 0; i < ticket.Budgets.Count; i++)
            {
                _money.Budgets.Spend(ticket.Organisation, ticket.Budgets[i], settlement.CostNanoUsd, now);
            }

            // Given back only what is known to have been taken and was not given back before; what was used beyond that always counts.
            var beyond = (settlement.Tokens ?? ticket.ReservedTokens) - ticket.ReservedTokens;
            if (beyond > 0 || (isKnown && decision.Kind is DecisionKind.Admitted))
            {
                _limits.Correct(ticket, beyond, Share, decision.At, now);
            }

            _decisions.Set(request, new Decision(DecisionKind.Settled));
            return wasHeld || ticket.Budgets.Count == 0 ? SettleOutcome.Settled : SettleOutcome.Late;
        }
    }

    public void Void(Hold hold)
    {
        var request = new RequestPart(hold.RequestId, hold.Part);
        lock (_lock)
        {
            var isKnown = _decisions.TryGet(request, out var decision);
            if (isKnown && decision.Kind is DecisionKind.Settled)
            {
                return;
            }

            _limits.Leave(request, hold.Ticket);
            _money.GiveBack(request);
            if (isKnown && decision.Kind is DecisionKind.Admitted)
            {
                _limits.Correct(hold.Ticket, -hold.Ticket.ReservedTokens, Share, decision.At, NowMicros);
            }

            _decisions.Set(request, new Decision(DecisionKind.Voided));
        }
    }

    /// <summary>Gives back the places alone: the request is over for its client, and what it used is told later.</summary>
    public void Leave(Hold hold)
    {
        lock (_lock)
        {
            _limits.Leave(new RequestPart(hold.RequestId, hold.Part), hold.Ticket);
        }
    }

    /// <summary>Keeps a running request's places and money for another lease, and makes again what was lost of them.</summary>
    /// <param name="withPlaces">False once <see cref="Leave"/> gave them back.</param>
    public void Renew(Hold hold, bool withPlaces = true)
    {
        var request = new RequestPart(hold.RequestId, hold.Part);
        lock (_lock)
        {
            if (_decisions.TryGet(request, out var decision) && decision.Kind is not DecisionKind.Admitted)
            {
                return;
            }

            var now = NowMicros;
            if (withPlaces)
            {
                _limits.Renew(request, hold.Ticket, now);
            }

            _money.Renew(request, hold.Ticket, now);
        }
    }

    /// <summary>Takes over what the shared store answered, so that it goes on from there when that goes away, and so that <see cref="Foresee"/> knows what it would refuse.</summary>
    /// <param name="askedAtMicros"><see cref="NowMicros"/> before it was asked. Not after: then the state would be later than the true one.</param>
    public void Learn(AdmissionRequest request, AdmissionAnswer answer, long askedAtMicros)
    {
        lock (_lock)
        {
            _limits.Learn(request, answer, askedAtMicros, NowMicros);
        }
    }

    /// <summary>The refusal that the shared store would answer by what it said last; null when it must be asked. The limits are taken whole.</summary>
    /// <remarks>
    /// Only limits of requests are foreseen for as long as they refuse: nothing gives those back. What tokens have reserved too much comes back at any moment, so that is foreseen for a second;
    /// places, sessions and money not at all.
    /// </remarks>
    public AdmissionAnswer? Foresee(AdmissionRequest request)
    {
        lock (_lock)
        {
            var now = NowMicros;
            var binding = _limits.Foresee(request, now, out var wait);
            if (binding < 0)
            {
                return null;
            }

            var states = new LimitState[request.Limits.Count];
            for (var i = 0; i < states.Length; i++)
            {
                states[i] = _limits.Check(request.Limits[i], request, share: 1, now, out _, out _);
            }

            return new AdmissionAnswer
            {
                Outcome = AdmissionOutcome.Limited,
                Binding = binding,
                RetryAfter = Time(wait),
                Limits = states,
                Budgets = _money.States(request, withBudgets: false),
            };
        }
    }

    /// <summary>Slots that must be told before the request's budgets can be decided; null for none.</summary>
    public SpentQuestion? Unknown(AdmissionRequest request)
    {
        lock (_lock)
        {
            return _money.Budgets.Unknown(request);
        }
    }

    /// <summary>Slots that were used in the last while, to be asked for again: others spend, too, and so does what ran before this process started.</summary>
    /// <param name="most">So many slots at most.</param>
    public IReadOnlyList<SpentQuestion> UsedWithin(TimeSpan span, int most)
    {
        lock (_lock)
        {
            return _money.Budgets.UsedSince(NowMicros - Micros(span), most);
        }
    }

    /// <summary>Takes over what the ledger has spent.</summary>
    /// <param name="spent">In the order of the question's slots.</param>
    public void Fill(SpentQuestion question, IReadOnlyList<long> spent)
    {
        lock (_lock)
        {
            _money.Budgets.Fill(question, spent, NowMicros);
        }
    }

    private static long Micros(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;

    private static TimeSpan Time(long micros) => new(micros * TimeSpan.TicksPerMicrosecond);

    private AdmissionAnswer Decide_NeedsLock(AdmissionRequest request, bool withBudgets, bool isPeek, long now)
    {
        _money.GiveBackOver(now);
        var key = new RequestPart(request.RequestId, request.Part);
        if (!isPeek && Remembered_NeedsLock(key, request) is { } remembered)
        {
            return remembered;
        }

        // 1. What each limit says; nothing is changed yet.
        var share = Share;
        var limits = request.Limits;
        var states = limits.Count == 0 ? [] : new LimitState[limits.Count];
        Span<long> tats = limits.Count <= 32 ? stackalloc long[32] : new long[limits.Count];
        var (binding, longest) = (-1, 0L);
        for (var i = 0; i < states.Length; i++)
        {
            states[i] = _limits.Check(limits[i], request, share, now, out var wait, out tats[i]);
            if (wait > longest && !limits[i].Shadow)
            {
                (binding, longest) = (i, wait);
            }
        }

        if (binding >= 0)
        {
            return new AdmissionAnswer
            {
                Outcome = AdmissionOutcome.Limited,
                Binding = binding,
                RetryAfter = Time(longest),
                Limits = states,
                Budgets = _money.States(request, withBudgets),
            };
        }

        // 2. What the budgets say.
        var money = withBudgets && request.Budgets.Count > 0 ? _money.Afford(request, time.GetUtcNow()) : MoneyDecision.None;
        if (money.Outcome is AdmissionOutcome.Unaffordable && !isPeek)
        {
            _decisions.Set(key, new Decision(DecisionKind.Denied, money.Binding));
        }

        if (!isPeek && money.Amount > 0 && !_money.TryHold(key, request, money.Amount, now))
        {
            money = new MoneyDecision(AdmissionOutcome.Rebuilding, 0, 0, -1);
        }

        if (money.Outcome is not AdmissionOutcome.Admitted)
        {
            return Refused_NeedsLock(request, money.Outcome, money.Binding, states);
        }

        // 3. All agree.
        if (!isPeek)
        {
            for (var i = 0; i < states.Length; i++)
            {
                _limits.Take(limits[i], request, states[i].Exceeded, tats[i], now);
            }

            _decisions.Set(key, new Decision(DecisionKind.Admitted, -1, money.Amount, money.OutputCap, now));
        }

        return new AdmissionAnswer
        {
            Outcome = AdmissionOutcome.Admitted,
            Limits = states,
            Budgets = _money.States(request, withBudgets),
            HeldNanoUsd = money.Amount,
            OutputCap = money.OutputCap,
        };
    }

    private AdmissionAnswer? Remembered_NeedsLock(RequestPart key, AdmissionRequest request)
    {
        if (IsTooOld(key.RequestId))
        {
            return Voided;
        }

        if (!_decisions.TryGet(key, out var decision))
        {
            return null;
        }

        return decision.Kind switch
        {
            DecisionKind.Admitted => new AdmissionAnswer
            {
                Outcome = AdmissionOutcome.Admitted,
                Limits = new LimitState[request.Limits.Count],
                Budgets = _money.States(request, withBudgets: true),
                HeldNanoUsd = decision.HeldNanoUsd,
                OutputCap = decision.OutputCap,
            },
            DecisionKind.Denied => Refused_NeedsLock(request, AdmissionOutcome.Unaffordable, decision.Binding, new LimitState[request.Limits.Count]),
            DecisionKind.Voided or DecisionKind.Settled => Voided,
        };
    }

    private AdmissionAnswer Refused_NeedsLock(AdmissionRequest request, AdmissionOutcome outcome, int binding, LimitState[] limits)
    {
        var isSpent = outcome is AdmissionOutcome.Unaffordable && binding >= 0 && binding < request.Budgets.Count;
        return new AdmissionAnswer
        {
            Outcome = outcome,
            Binding = binding,

            // A refusal that is remembered may no longer be one: another request would be admitted at once.
            RetryAfter = isSpent ? TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMicrosecond, _money.Patience(request, binding, time.GetUtcNow()).Ticks)) : TimeSpan.Zero,
            Limits = limits,
            Budgets = _money.States(request, withBudgets: true),
        };
    }

    private bool IsTooOld(Guid id)
    {
        if (id.Version != 7)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var madeAt = BinaryPrimitives.ReadInt64BigEndian(bytes) >> 16;
        return time.GetUtcNow().ToUnixTimeMilliseconds() - madeAt > Remembered.TotalMilliseconds;
    }
}
