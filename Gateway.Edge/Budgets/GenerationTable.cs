using System.Collections.Concurrent;

namespace Gateway.Edge.Budgets;

/// <summary>
/// A table that forgets what was not used lately: when half of the room is taken by new or used entries, all others go. Thread-safe: a lock only when that happens.
/// </summary>
/// <param name="capacity">Most entries, about.</param>
internal sealed class GenerationTable<TKey, TValue>(int capacity)
    where TKey : notnull
    where TValue : class
{
    private readonly Lock _lock = new();
    private volatile Generation _young = new();
    private volatile Generation _old = new();

    /// <summary>Entries in memory.</summary>
    public int Count => _young.Count + _old.Count;

    public TValue GetOrAdd(TKey key, Func<TKey, TValue> make)
    {
        var young = _young;
        if (young.Entries.TryGetValue(key, out var value))
        {
            return value;
        }

        if (!_old.Entries.TryGetValue(key, out value))
        {
            value = make(key);
        }

        if (!young.Entries.TryAdd(key, value))
        {
            return young.Entries.TryGetValue(key, out var other) ? other : value;
        }

        if (Interlocked.Increment(ref young.Count) >= capacity / 2)
        {
            Age(young);
        }

        return value;
    }

    private void Age(Generation full)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_young, full))
            {
                _old = full;
                _young = new Generation();
            }
        }
    }

    private sealed class Generation
    {
        // ConcurrentDictionary counts by locking all of itself.
        public int Count;

        public ConcurrentDictionary<TKey, TValue> Entries { get; } = new();
    }
}
