namespace Gateway.Router.Credentials;

/// <summary>
/// The generic cell rate algorithm for things that cost differently, in nanoseconds, so that hundreds of millions of tokens a minute are not rounded away.
/// For one request it does what <see cref="Core.Admission.Gcra"/> does.
/// </summary>
/// <remarks>
/// In any interval of length W at most burst + W x rate are admitted, what is given back in it subtracted. A cost above the burst passes when nothing is owed, and
/// leaves a debt. Source: ITU-T I.371.
/// </remarks>
/// <param name="Interval">Nanoseconds that one costs; rounded up.</param>
/// <param name="Burst">That may come at once: ten seconds' worth.</param>
internal readonly record struct LimitRate(long Interval, long Burst)
{
    private const long NanosPerTick = 100;
    private const long NanosPerMinute = 60_000_000_000;

    private long Tolerance => Interval * Burst;

    /// <param name="perMinute">Of all Routers; at least 1.</param>
    /// <param name="routers">Among which it is divided.</param>
    public static LimitRate Of(long perMinute, int routers)
    {
        var share = LimitMeters.Share(perMinute, routers);
        return new LimitRate(Math.Max(1, (NanosPerMinute + share - 1) / share), Math.Max(1, share / 6));
    }

    /// <returns>Ticks at which it may pass; 0 when it may now.</returns>
    public long BlockedUntil(long tat, long cost, long now)
    {
        var nanos = now * NanosPerTick;
        var owed = Math.Max(tat - nanos, 0);
        var wait = cost > Burst ? owed : owed + (cost * Interval) - Tolerance;
        return wait <= 0 ? 0 : now + ((wait + NanosPerTick - 1) / NanosPerTick);
    }

    /// <returns>The state afterwards.</returns>
    public long Take(long tat, long cost, long now) => Math.Max(tat, now * NanosPerTick) + (cost * Interval);

    /// <summary>Gives back what was too much, or charges what was too little: debt delays the next.</summary>
    public long Correct(long tat, long difference, long now) => difference <= 0 ? tat + (difference * Interval) : Math.Max(tat, now * NanosPerTick) + (difference * Interval);
}
