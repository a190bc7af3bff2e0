using Gateway.Core.Admission;

namespace Gateway.Edge.Admission;

/// <summary>
/// Requests of one scope that this Edge took from the shared limit before they came, so that a busy key asks Redis about
/// ten times a second. Thread-safe, never waits.
/// </summary>
/// <remarks>
/// Why Burst + W * rate still holds. Charge each admission at the time its token was taken. The script keeps
/// those charges within any [a,b] to b' + (b-a) / T, over all Edges, since the TAT is shared and unused tokens give back
/// exactly their own charge. A token is used at most L after it was taken (L counts from before the asking), so what is
/// admitted in [a,b] was taken in [a-L,b]: at most b' + (b-a) / T + L / T. With b' = Burst - ceil(L / T) that is the contract.
/// How many tokens a lease holds does not enter.
/// </remarks>
internal sealed class RateLease
{
    /// <summary>L, how long a token may be used.</summary>
    public const long LengthMicros = 100_000;

    private readonly Lock _lock = new();
    private readonly LocalRateLimiter _local;
    private readonly long _interval;
    private TaskCompletionSource<RateDecision?>? _asking;
    private long _granted;
    private long _tokens;
    private long _takenAt;
    private long _expiresAt;
    private long _remaining;
    private long _resetAt;
    private long _closedUntil;
    private long _waiting;
    private long _crowd;
    private bool _wasLocal;
    private Arrivals _arrivals;

    /// <param name="limit">A limit that <see cref="Suits"/>.</param>
    /// <param name="local">Its clock, and what it admitted while Redis was away.</param>
    public RateLease(RateLimit limit, LocalRateLimiter local)
    {
        Limit = limit;
        _local = local;
        _interval = Gcra.Of(limit).IntervalMicros;
        Enforced = limit with { Burst = limit.Burst - Reserve(_interval) };
    }

    /// <summary>What is published.</summary>
    public RateLimit Limit { get; }

    /// <summary>What is asked of Redis, and held to without Redis, too: its burst leaves room for tokens used late.</summary>
    public RateLimit Enforced { get; }

    /// <summary>Whether nobody would miss it.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
            {
                return _asking is null && _local.NowMicros >= Math.Max(_closedUntil, _expiresAt + LengthMicros);
            }
        }
    }

    /// <summary>Whether leases are worth their part of the burst: at least one request in L, and a burst of more than twice that.</summary>
    public static bool Suits(RateLimit limit)
    {
        var interval = Gcra.Of(limit).IntervalMicros;
        return interval <= LengthMicros && limit.Burst > 2 * Reserve(interval);
    }

    /// <summary>Decides if it can without asking.</summary>
    /// <param name="again">A request that has waited: it is not counted a second time.</param>
    /// <param name="decision">Set when admitted or refused.</param>
    /// <param name="take">Set when this request is to ask.</param>
    /// <param name="answer">Set when it is to wait. An admission is not the waiting request's own: it comes here again.</param>
    public LeaseTurn Next(bool again, out RateDecision decision, out RateTake take, out Task<RateDecision?>? answer)
    {
        (decision, take, answer) = (default, default, null);
        lock (_lock)
        {
            var now = _local.NowMicros;
            var seen = again ? _arrivals.Seen : _arrivals.Add(now);
            if (_tokens > 0 && now < _expiresAt)
            {
                _tokens--;
                decision = Admitted_NeedsLock(now);
                return LeaseTurn.Admitted;
            }

            if (_asking is not null)
            {
                _waiting++;
                answer = _asking.Task;
                return LeaseTurn.Wait;
            }

            if (IsRefused_NeedsLock(now, out decision))
            {
                return LeaseTurn.Refused;
            }

            // Those who waited in vain are here already; only what is guessed needs a cap.
            var more = Math.Min(seen, Math.Max(_crowd - 1, LengthMicros / _interval));
            take = new RateTake(1 + more, _granted - _tokens, _tokens, _takenAt);
            (_granted, _tokens, _crowd) = (0, 0, 0);

            // Not inline: the waiting requests would run one after the other on the thread that read the answer.
            _asking = new TaskCompletionSource<RateDecision?>(TaskCreationOptions.RunContinuationsAsynchronously);
            return LeaseTurn.Ask;
        }
    }

    /// <summary>Ends the asking and wakes those who wait for it.</summary>
    /// <param name="grant">Null when there was no answer.</param>
    /// <param name="askedAtMicros">The clock before the asking.</param>
    /// <returns>The decision for the one that asked. Null: it and those who waited decide locally.</returns>
    public RateDecision? Answered(RateGrant? grant, long askedAtMicros)
    {
        RateDecision? decision = null;
        TaskCompletionSource<RateDecision?>? asking;
        lock (_lock)
        {
            if (grant is { } told)
            {
                var now = _local.NowMicros;
                _resetAt = now + Micros(told.ResetAfter);
                if (told.Granted > 0)
                {
                    (_granted, _tokens, _takenAt, _remaining) = (told.Granted, told.Granted - 1, told.AtMicros, told.Remaining);
                    _expiresAt = askedAtMicros + LengthMicros;
                    _crowd = Math.Max(0, _waiting - _tokens);
                    decision = Admitted_NeedsLock(now);
                }
                else
                {
                    _closedUntil = askedAtMicros + Micros(told.RetryAfter);
                    decision = new RateDecision(Admitted: false, Remaining: 0, told.RetryAfter, told.ResetAfter, Degraded: false);
                }
            }

            _waiting = 0;
            (asking, _asking) = (_asking, null);
        }

        asking?.SetResult(decision);
        return decision;
    }

    /// <summary>Redis did not decide: what was admitted meanwhile is known here only, and looked at before Redis is asked again.</summary>
    public void DecidedLocally()
    {
        lock (_lock)
        {
            _wasLocal = true;
        }
    }

    private static long Reserve(long interval) => (LengthMicros + interval - 1) / interval;

    private static long Micros(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;

    private static TimeSpan Until(long at, long now) => new(Math.Max(0, at - now) * TimeSpan.TicksPerMicrosecond);

    private RateDecision Admitted_NeedsLock(long now) =>
        new(Admitted: true, _remaining + _tokens, TimeSpan.Zero, Until(_resetAt - (_tokens * _interval), now), Degraded: false);

    private bool IsRefused_NeedsLock(long now, out RateDecision decision)
    {
        if (now < _closedUntil)
        {
            decision = new RateDecision(Admitted: false, Remaining: 0, Until(_closedUntil, now), Until(_resetAt, now), Degraded: false);
            return true;
        }

        decision = _wasLocal ? _local.Peek(Enforced) : default;
        _wasLocal &= !decision.Admitted;
        return _wasLocal;
    }
}
