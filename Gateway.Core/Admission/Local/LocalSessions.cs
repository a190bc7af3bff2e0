namespace Gateway.Core.Admission.Local;

/// <summary>Which sessions were seen in the window of a limit. Not thread-safe.</summary>
/// <param name="capacity">Sessions kept at most, over all limits. Beyond it new ones are not counted.</param>
internal sealed class LocalSessions(int capacity)
{
    private readonly Dictionary<StateKey, Set> _sets = [];
    private int _count;
    private long _nextSweep;

    /// <summary>Sessions in memory.</summary>
    public int Count => _count;

    /// <returns>Microseconds until the session may begin; 0 for now, or when it has begun.</returns>
    public long Wait(string organisation, string id, string session, long limit, long windowMicros, long now)
    {
        if (!_sets.TryGetValue(new StateKey(organisation, id), out var set) || set.SeenAt.ContainsKey(session) || set.SeenAt.Count < limit)
        {
            return 0;
        }

        if (set.Oldest <= now - windowMicros)
        {
            DropOver(set, now - windowMicros);
        }

        return set.SeenAt.Count < limit ? 0 : set.Oldest + windowMicros - now;
    }

    /// <summary>Sessions that count now, at most: those that are over may be among them.</summary>
    public int Seen(string organisation, string id) => _sets.TryGetValue(new StateKey(organisation, id), out var set) ? set.SeenAt.Count : 0;

    public void Note(string organisation, string id, string session, long windowMicros, long now)
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

            _sets[key] = set = new Set(windowMicros);
        }

        if (set.SeenAt.ContainsKey(session))
        {
            set.SeenAt[session] = now;
        }
        else if (_count < capacity)
        {
            set.SeenAt[session] = now;
            set.Oldest = Math.Min(set.Oldest, now);
            _count++;
        }
    }

    private void DropAllOver(long now)
    {
        foreach (var (key, set) in _sets)
        {
            DropOver(set, now - set.WindowMicros);
            if (set.SeenAt.Count == 0)
            {
                _sets.Remove(key);
            }
        }
    }

    private void DropOver(Set set, long until)
    {
        set.Oldest = long.MaxValue;
        foreach (var (session, at) in set.SeenAt)
        {
            if (at <= until)
            {
                set.SeenAt.Remove(session);
                _count--;
            }
            else
            {
                set.Oldest = Math.Min(set.Oldest, at);
            }
        }
    }

    private sealed class Set(long windowMicros)
    {
        public readonly Dictionary<string, long> SeenAt = new(StringComparer.Ordinal);

        public long WindowMicros { get; } = windowMicros;

        /// <summary>No session was seen longer ago. It may be too old, since a session that is seen again does not move it.</summary>
        public long Oldest = long.MaxValue;
    }
}
