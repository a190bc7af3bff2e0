namespace Gateway.Core.Admission.Local;

/// <summary>Who runs now, for limits of concurrency: places with a lease, so that none is lost for good. Not thread-safe.</summary>
/// <param name="capacity">Places kept at most, over all limits. Beyond it limits of concurrency do not count.</param>
internal sealed class LocalPlaces(int capacity)
{
    public const long LeaseMicros = 15_000_000;

    private readonly Dictionary<StateKey, Set> _sets = [];
    private int _count;
    private long _nextSweep;

    /// <summary>Places taken.</summary>
    public int Count => _count;

    public int Limits => _sets.Count;

    /// <summary>Places taken now.</summary>
    /// <param name="limit">When so many or more are taken, those whose lease is over are looked for first.</param>
    public long Taken(string organisation, string id, long limit, long now)
    {
        if (!_sets.TryGetValue(new StateKey(organisation, id), out var set))
        {
            return 0;
        }

        if (set.Until.Count >= limit && set.EarliestEnd <= now)
        {
            DropOver(set, now);
        }

        return set.Until.Count;
    }

    public void Take(string organisation, string id, RequestPart request, long now)
    {
        var key = new StateKey(organisation, id);
        if (!_sets.TryGetValue(key, out var set))
        {
            if (_count >= capacity && now >= _nextSweep)
            {
                // Not for every request: a table full of busy limits would be walked each time for nothing.
                _nextSweep = now + 1_000_000;
                DropAllOver(now);
            }

            if (_count >= capacity)
            {
                return;
            }

            _sets[key] = set = new Set();
        }
        else if (_count >= capacity && !set.Until.ContainsKey(request))
        {
            return;
        }

        if (set.Until.TryAdd(request, now + LeaseMicros))
        {
            _count++;
        }
        else
        {
            set.Until[request] = now + LeaseMicros;
        }

        set.EarliestEnd = Math.Min(set.EarliestEnd, now + LeaseMicros);
    }

    public void Leave(string organisation, string id, RequestPart request)
    {
        var key = new StateKey(organisation, id);
        if (!_sets.TryGetValue(key, out var set) || !set.Until.Remove(request))
        {
            return;
        }

        _count--;
        if (set.Until.Count == 0)
        {
            _sets.Remove(key);
        }
    }

    private void DropAllOver(long now)
    {
        foreach (var (key, set) in _sets)
        {
            if (set.EarliestEnd <= now)
            {
                DropOver(set, now);
            }

            if (set.Until.Count == 0)
            {
                _sets.Remove(key);
            }
        }
    }

    private void DropOver(Set set, long now)
    {
        set.EarliestEnd = long.MaxValue;
        foreach (var (request, until) in set.Until)
        {
            if (until <= now)
            {
                set.Until.Remove(request);
                _count--;
            }
            else
            {
                set.EarliestEnd = Math.Min(set.EarliestEnd, until);
            }
        }
    }

    private sealed class Set
    {
        public readonly Dictionary<RequestPart, long> Until = [];
        public long EarliestEnd = long.MaxValue;
    }
}
