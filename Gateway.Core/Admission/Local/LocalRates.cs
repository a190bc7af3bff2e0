using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Admission.Local;

/// <summary>The states of rate limits, so many at most. Not thread-safe: <see cref="LocalAdmissionStore"/> has the lock.</summary>
internal sealed class LocalRates(int capacity)
{
    private readonly Dictionary<StateKey, Rate> _rates = [];

    public int Count => _rates.Count;

    /// <summary>The TAT in microseconds; 0 for none.</summary>
    public long Tat(string organisation, LimitRule rule) => _rates.TryGetValue(new StateKey(organisation, rule.Id), out var rate) ? rate.Tat : 0;

    /// <summary>When it was last told by the shared store; 0 for never.</summary>
    public long LearnedAt(string organisation, LimitRule rule) => _rates.TryGetValue(new StateKey(organisation, rule.Id), out var rate) ? rate.LearnedAt : 0;

    /// <summary>Microseconds by which the TAT in the shared store may be later than <see cref="Tat"/>: how long its answer was under way. 0 for what was decided here.</summary>
    public long Uncertainty(string organisation, LimitRule rule) => _rates.TryGetValue(new StateKey(organisation, rule.Id), out var rate) ? rate.Uncertainty : 0;

    public void Set(string organisation, LimitRule rule, long tat, long now)
    {
        var rate = Find(organisation, rule.Id, now);
        Busy(rate, now);
        rate.Tat = tat;
        rate.Uncertainty = 0;
    }

    /// <summary>Moves a TAT by what a request turned out to cost more or less than it reserved.</summary>
    /// <remarks>What is given back is given only to the busy time that it was taken in: before that the clock has given it back already.</remarks>
    /// <param name="takenAt">When it was reserved.</param>
    public void Correct(string organisation, string id, long byMicros, long takenAt, long now)
    {
        if (byMicros > 0)
        {
            var rate = Find(organisation, id, now);
            Busy(rate, now);
            rate.Tat = Math.Max(rate.Tat, now) + byMicros;
        }
        else if (_rates.TryGetValue(new StateKey(organisation, id), out var rate) && rate.Tat > now && rate.BusySince <= takenAt)
        {
            rate.Tat = Math.Max(now, rate.Tat + byMicros);
        }
    }

    /// <summary>Takes over what the shared store told.</summary>
    /// <param name="tat">At least: as if it had been asked in no time.</param>
    /// <param name="now">When it answered.</param>
    /// <param name="mayFall">Token limits get back what was reserved too much; others only grow, and an older answer that arrives late must not take back what a newer one said.</param>
    public void Learn(string organisation, LimitRule rule, long tat, long askedAt, long now, bool mayFall)
    {
        var key = new StateKey(organisation, rule.Id);
        if (tat <= askedAt && !_rates.ContainsKey(key))
        {
            return;    // idle, as one that is not known
        }

        var rate = Find(organisation, rule.Id, askedAt);
        Busy(rate, askedAt);
        if (tat > rate.Tat || (mayFall && askedAt >= rate.LearnedAt))
        {
            rate.Tat = tat;
            rate.Uncertainty = now - askedAt;
        }

        rate.LearnedAt = Math.Max(rate.LearnedAt, askedAt);
    }

    private static void Busy(Rate rate, long now)
    {
        if (rate.Tat <= now)
        {
            rate.BusySince = now;
        }
    }

    private Rate Find(string organisation, string id, long now)
    {
        var key = new StateKey(organisation, id);
        if (_rates.TryGetValue(key, out var rate))
        {
            return rate;
        }

        if (_rates.Count >= capacity)
        {
            Evict(now);
        }

        return _rates[key] = new Rate();
    }

    // Rare: an eighth at a time. Idle ones are as good as none; then those that are nearest to idle.
    private void Evict(long now)
    {
        var tats = new long[_rates.Count];
        var i = 0;
        foreach (var rate in _rates.Values)
        {
            tats[i++] = rate.Tat;
        }

        Array.Sort(tats);
        var last = Math.Max(now, tats[capacity / 8]);
        foreach (var (key, rate) in _rates)
        {
            if (rate.Tat <= last)
            {
                _rates.Remove(key);
            }
        }
    }

    private sealed class Rate
    {
        public long Tat;
        public long BusySince;
        public long LearnedAt;
        public long Uncertainty;
    }
}
