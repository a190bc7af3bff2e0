using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Admission.Local;

/// <summary>
/// GCRA where a request may cost more than one: the sums of a <see cref="LimitRule"/> over one number, the theoretical arrival time (TAT) in microseconds.
/// </summary>
/// <remarks>
/// One of n Edges counts a rate as n times slower with an n-th of the burst. A TAT then lies as far ahead as with the whole limit, so that a state learned from the shared store goes on in each
/// of them without another burst: all together admit what the shared store would.
/// </remarks>
internal readonly struct CostRate
{
    /// <summary>Further ahead is nobody's debt: sums stay far from overflow.</summary>
    private const long FarthestMicros = 366L * 24 * 3600 * 1_000_000;

    private readonly long _windowMicros;
    private readonly long _limit;
    private readonly long _share;

    /// <param name="share">The limit is counted for one of so many.</param>
    public CostRate(LimitRule rule, long share)
        : this(rule.Limit, rule.Window, share)
    {
        Burst = Math.Max(1, Math.Min(rule.Burst, long.MaxValue) / _share);

        // A burst of ones must fit however each of them was rounded; a burst of tokens comes in one piece.
        ToleranceMicros = rule.Unit is LimitUnit.Requests ? Math.Min(FarthestMicros, MicrosOf(1) * Math.Min(Burst, FarthestMicros)) : MicrosBack(Burst);
    }

    public CostRate(long limit, TimeSpan window, long share)
    {
        _windowMicros = Math.Max(1, window.Ticks / TimeSpan.TicksPerMicrosecond);
        _limit = Math.Max(1, limit);
        _share = Math.Max(1, share);
    }

    /// <summary>Admitted at once.</summary>
    public long Burst { get; }

    /// <summary>How far the TAT may run ahead of now.</summary>
    public long ToleranceMicros { get; }

    /// <summary>Time that a cost takes, rounded up: rounding may only make the limit stricter.</summary>
    public long MicrosOf(long cost) => (long)Int128.Min(FarthestMicros, ((Int128)cost * _windowMicros * _share + _limit - 1) / _limit);

    /// <summary>Decides without changing anything.</summary>
    /// <param name="tat">The state; anything at or before <paramref name="now"/> is an idle limit.</param>
    /// <param name="next">The state if it is admitted.</param>
    /// <returns>Microseconds to wait; 0 for none.</returns>
    /// <remarks>What costs more than the burst passes an idle limit and leaves it in debt. Otherwise it could never pass.</remarks>
    public long Decide(long tat, long now, long cost, out long next)
    {
        var start = Math.Max(tat, now);
        next = Math.Min(start + MicrosOf(cost), now + FarthestMicros);
        if (cost >= Burst)
        {
            return start - now;
        }

        return Math.Max(0, next - now - ToleranceMicros);
    }

    /// <summary>What a state admits at once.</summary>
    public long Remaining(long tat, long now)
    {
        var left = ToleranceMicros - Math.Max(0, tat - now);
        return left <= 0 ? 0 : (long)Int128.Min(Burst, (Int128)left * _limit / ((Int128)_windowMicros * _share));
    }

    /// <summary>As <see cref="MicrosOf"/>, rounded down: what is given back.</summary>
    public long MicrosBack(long cost) => (long)Int128.Min(FarthestMicros, (Int128)cost * _windowMicros * _share / _limit);
}
