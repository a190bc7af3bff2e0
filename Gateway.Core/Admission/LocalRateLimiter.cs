using System.Collections.Concurrent;

namespace Gateway.Core.Admission;

/// <summary>
/// GCRA in the memory of this process: the limiter where there is no Redis or where it is away. Thread-safe, never waits.
/// </summary>
/// <param name="time">Monotonic clock of the limits.</param>
/// <param name="capacity">Scopes kept at most. Beyond it idle ones go first, then those nearest to idle.</param>
public sealed class LocalRateLimiter(TimeProvider time, int capacity = 65_536) : IRateLimiter
{
    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);
    private readonly long _start = time.GetTimestamp();
    private int _evicting;

    /// <summary>Scopes in memory.</summary>
    public int Count => _buckets.Count;

    /// <summary>Microseconds on this limiter's clock.</summary>
    public long NowMicros => time.GetElapsedTime(_start).Ticks / TimeSpan.TicksPerMicrosecond;

    public ValueTask<RateDecision> AdmitAsync(RateLimit limit, CancellationToken cancellationToken) => new(Admit(limit));

    /// <summary>Decides and consumes.</summary>
    public RateDecision Admit(RateLimit limit)
    {
        var gcra = Gcra.Of(limit);
        var bucket = Find(limit.Scope);
        while (true)
        {
            var tat = Volatile.Read(ref bucket.Tat);
            var decision = gcra.Decide(tat, NowMicros, out var next);
            if (!decision.Admitted || Interlocked.CompareExchange(ref bucket.Tat, next, tat) == tat)
            {
                return decision;
            }
        }
    }

    /// <summary>What <see cref="Admit"/> would answer, without consuming.</summary>
    public RateDecision Peek(RateLimit limit) =>
        Gcra.Of(limit).Decide(_buckets.TryGetValue(limit.Scope, out var bucket) ? Volatile.Read(ref bucket.Tat) : 0, NowMicros, out _);

    /// <summary>
    /// Takes over the state that Redis told, so that a scope goes on from there when Redis goes away, and so that
    /// <see cref="Peek"/> knows what Redis would refuse.
    /// </summary>
    /// <param name="scope">What is limited.</param>
    /// <param name="resetAfter">Time to the TAT, as Redis answered.</param>
    /// <param name="askedAtMicros">This limiter's clock before Redis was asked. Not after: then the state would be later than the true one.</param>
    public void Learn(string scope, TimeSpan resetAfter, long askedAtMicros)
    {
        var bucket = Find(scope);
        var told = askedAtMicros + (resetAfter.Ticks / TimeSpan.TicksPerMicrosecond);
        var known = Volatile.Read(ref bucket.Tat);

        // A TAT only grows; an older answer that arrives late must not take back what a newer one said.
        while (told > known)
        {
            var seen = Interlocked.CompareExchange(ref bucket.Tat, told, known);
            if (seen == known)
            {
                return;
            }

            known = seen;
        }
    }

    private Bucket Find(string scope)
    {
        if (_buckets.TryGetValue(scope, out var bucket))
        {
            return bucket;
        }

        if (_buckets.Count >= capacity)
        {
            Evict();
        }

        return _buckets.GetOrAdd(scope, static _ => new Bucket());
    }

    private void Evict()
    {
        if (Interlocked.Exchange(ref _evicting, 1) != 0)
        {
            return;
        }

        try
        {
            // Rare, and on the path of the one request that meets the limit: an eighth at a time keeps it rare.
            var now = NowMicros;
            var spared = capacity - (capacity / 8) - 1;
            var byAge = _buckets.ToArray();
            Array.Sort(byAge, static (left, right) => right.Value.Tat.CompareTo(left.Value.Tat));
            for (var i = byAge.Length - 1; i >= 0 && (i >= spared || byAge[i].Value.Tat <= now); i--)
            {
                _buckets.TryRemove(byAge[i]);
            }
        }
        finally
        {
            Volatile.Write(ref _evicting, 0);
        }
    }

    private sealed class Bucket
    {
        public long Tat;
    }
}
