namespace Gateway.Core.Admission;

/// <summary>
/// The generic cell rate algorithm over one number, the theoretical arrival time (TAT) in microseconds. The Redis script
/// (<see cref="GcraScript"/>) does the same sums, so that a limit means the same whoever decides.
/// </summary>
/// <param name="IntervalMicros">Time that one request costs. Rounded up: rounding may only make the limit stricter.</param>
/// <param name="Burst">Requests that may come at once.</param>
/// <remarks>Source: ITU-T I.371. In any interval of length W at most Burst + W / interval requests are admitted.</remarks>
public readonly record struct Gcra(long IntervalMicros, long Burst)
{
    private const long MicrosPerTick = TimeSpan.TicksPerMicrosecond;

    public static Gcra Of(RateLimit limit)
    {
        var micros = limit.Window.Ticks / MicrosPerTick;
        return new Gcra(Math.Max(1, (micros + limit.Limit - 1) / limit.Limit), limit.Burst);
    }

    /// <summary>How far the TAT may run ahead of now.</summary>
    public long ToleranceMicros => IntervalMicros * Burst;

    /// <summary>Decides one request.</summary>
    /// <param name="tat">The state; anything at or before <paramref name="now"/> is an idle limit.</param>
    /// <param name="now">Microseconds on the clock that <paramref name="tat"/> is kept in.</param>
    /// <param name="next">The state afterwards; unchanged when refused.</param>
    public RateDecision Decide(long tat, long now, out long next)
    {
        // A clock that was set back would otherwise lock the limit for as long as it jumped.
        var start = Math.Clamp(tat, now, now + ToleranceMicros);
        var wait = start + IntervalMicros - now - ToleranceMicros;
        if (wait > 0)
        {
            next = tat;
            return new RateDecision(Admitted: false, Remaining: 0, Time(wait), Time(start - now), Degraded: false);
        }

        next = start + IntervalMicros;
        return new RateDecision(Admitted: true, (ToleranceMicros - (next - now)) / IntervalMicros, TimeSpan.Zero, Time(next - now), Degraded: false);
    }

    private static TimeSpan Time(long micros) => new(micros * MicrosPerTick);
}
