using Gateway.Core.Admission;
using Gateway.Edge.Admission;

namespace Gateway.Edge.Tests.Admission;

/// <summary>The sums of the script, on a clock that a test sets, with a count of the calls. RedisLeaseTests holds it to the real script.</summary>
internal sealed class SharedLimitsModel(TimeProvider time) : ISharedLimits
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Tat, long Low, long Idle)> _states = [];
    private readonly long _start = time.GetTimestamp();
    private int _inFlight;

    public bool IsUp { get; set; } = true;

    /// <summary>Takes asked for, in order.</summary>
    public List<RateTake> Takes { get; } = [];

    public int MostInFlight { get; private set; }

    /// <summary>Not null: answers wait for it, after the decision was made. A false result is no answer.</summary>
    public Task<bool>? Gate { get; set; }

    public long Now => 1_800_000_000_000_000 + (time.GetElapsedTime(_start).Ticks / TimeSpan.TicksPerMicrosecond);

    public async ValueTask<RateGrant?> TryTakeAsync(RateLimit limit, RateTake take, CancellationToken cancellationToken)
    {
        RateGrant grant;
        Task<bool>? gate;
        lock (_lock)
        {
            Takes.Add(take);
            MostInFlight = Math.Max(MostInFlight, ++_inFlight);
            grant = Take(limit, take, Now);
            gate = Gate;
        }

        var answered = gate is null || await gate;
        lock (_lock)
        {
            _inFlight--;
        }

        return answered ? grant : null;
    }

    public RateGrant Take(RateLimit limit, RateTake take, long now)
    {
        var gcra = Gcra.Of(limit);
        var (interval, tolerance) = (gcra.IntervalMicros, gcra.ToleranceMicros);
        var (tat, low, idle) = _states.GetValueOrDefault(limit.Scope);
        tat = Math.Max(now, Math.Min(tat, now + tolerance));
        low = Math.Min(low, tat);
        if (low < now)
        {
            (low, idle) = (now, now);
        }

        var settle = take.Used + take.Unused > 0 && take.TakenAtMicros >= idle;
        if (settle)
        {
            tat = Math.Max(low, tat - (take.Unused * interval));
            low = Math.Min(tat, low + (take.Used * interval));
        }

        var granted = Math.Max(0, Math.Min(take.Wanted, (now + tolerance - tat) / interval));
        var wait = granted > 0 ? 0 : tat + interval - now - tolerance;
        tat += granted * interval;
        if (granted > 0 || settle)
        {
            _states[limit.Scope] = (tat, low, idle);
        }

        return new RateGrant(granted, (tolerance - (tat - now)) / interval, TimeSpan.FromMicroseconds(wait), TimeSpan.FromMicroseconds(tat - now), now);
    }
}
