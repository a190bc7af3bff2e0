namespace Gateway.Router.Balancing;

/// <summary>A percentile of durations over about the last few minutes. Thread-safe by a short lock; allocates once.</summary>
/// <param name="share">0.95 for the 95th percentile.</param>
/// <remarks>
/// A histogram of buckets that grow by 8 %, from 1 ms to about 10 minutes, so it is right to about 4 %. Samples fade: after <see cref="HalfLife"/> one
/// counts half. Instead of all old ones being made lighter, new ones are made heavier (Cormode et al. 2009, doi:10.1109/ICDE.2009.65).
/// </remarks>
internal sealed class MovingPercentile(double share = 0.95)
{
    public static readonly TimeSpan HalfLife = TimeSpan.FromMinutes(2);

    /// <summary>Samples, faded ones less, below which nothing is said: one of twenty is the 95th percentile.</summary>
    public const double Fewest = 20;

    private const int Buckets = 176;
    private const double Growth = 1.08;
    private const double LeastMs = 1;

    /// <summary>Half-lives after which the weights are brought back to 1.</summary>
    private const double MostHalfLives = 40;

    private readonly Lock _lock = new();
    private readonly double[] _buckets = new double[Buckets];
    private double _sum;
    private long _start;

    public void Note(long now, TimeSpan value)
    {
        var bucket = (int)Math.Clamp(Math.Ceiling(Math.Log(Math.Max(LeastMs, value.TotalMilliseconds) / LeastMs) / Math.Log(Growth)), 0, Buckets - 1);
        lock (_lock)
        {
            var weight = WeightAt_NeedsLock(now);
            _buckets[bucket] += weight;
            _sum += weight;
        }
    }

    /// <returns>Null while too little is known.</returns>
    public TimeSpan? Value(long now)
    {
        lock (_lock)
        {
            if (_sum < Fewest * WeightAt_NeedsLock(now))
            {
                return null;
            }

            var below = 0.0;
            var bucket = -1;
            while (below < _sum * share && bucket < Buckets - 1)
            {
                below += _buckets[++bucket];
            }

            // The middle of the bucket, on its own scale.
            return TimeSpan.FromMilliseconds(LeastMs * Math.Pow(Growth, bucket - 0.5));
        }
    }

    private double WeightAt_NeedsLock(long now)
    {
        var halfLives = (double)(now - _start) / HalfLife.Ticks;
        if (halfLives > MostHalfLives)
        {
            var lighter = Math.Pow(2, -halfLives);
            for (var i = 0; i < Buckets; i++)
            {
                _buckets[i] *= lighter;
            }

            (_sum, _start, halfLives) = (_sum * lighter, now, 0);
        }

        return Math.Pow(2, Math.Max(0, halfLives));
    }
}
