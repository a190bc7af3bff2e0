using System.Collections.Concurrent;
using Gateway.Core.Admission;

namespace Gateway.Edge.Admission;

/// <summary>The leases of this Edge, one per busy scope. Thread-safe, never waits.</summary>
/// <param name="local">The clock.</param>
/// <param name="capacity">Leases kept at most. Beyond it a scope asks Redis for each request.</param>
internal sealed class RateLeases(LocalRateLimiter local, int capacity = 16_384)
{
    private readonly ConcurrentDictionary<string, RateLease> _leases = new(StringComparer.Ordinal);
    private long _nextSweep;

    /// <summary>Leases in memory.</summary>
    public int Count => _leases.Count;

    /// <returns>Null when the limit is too small for leases.</returns>
    public RateLease? Find(RateLimit limit)
    {
        var known = _leases.TryGetValue(limit.Scope, out var lease);
        if (known && (ReferenceEquals(lease!.Limit, limit) || lease.Limit == limit))
        {
            return lease;
        }

        if (!RateLease.Suits(limit))
        {
            return null;
        }

        var fresh = new RateLease(limit, local);
        if (known)
        {
            // The document changed the limit. What the old lease still held is lost, which errs on the strict side.
            _leases.TryUpdate(limit.Scope, fresh, lease!);
            return fresh;
        }

        return HasRoom() ? _leases.GetOrAdd(limit.Scope, fresh) : fresh;
    }

    private bool HasRoom()
    {
        if (_leases.Count < capacity)
        {
            return true;
        }

        // Not for every request: a table full of busy scopes would be walked each time for nothing.
        var next = Volatile.Read(ref _nextSweep);
        var now = local.NowMicros;
        if (now < next || Interlocked.CompareExchange(ref _nextSweep, now + RateLease.LengthMicros, next) != next)
        {
            return false;
        }

        foreach (var entry in _leases)
        {
            if (entry.Value.IsIdle)
            {
                _leases.TryRemove(entry);
            }
        }

        return _leases.Count < capacity;
    }
}
