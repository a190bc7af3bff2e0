namespace Gateway.Core.Admission;

/// <summary>How many processes of one service serve: what each of them grants alone is divided by it. Thread-safe by a short lock; the count is read without it.</summary>
/// <remarks>
/// They tell each other through Redis that they live, and each hears itself. While one does not, it cannot know of the others: the count stays what it was, since a share that grows when Redis is lost would
/// add up to more than the limit.
/// </remarks>
/// <param name="lifetime">How long one that says nothing counts.</param>
/// <param name="deaf">A gap in what we hear of ourselves that is as long as this is deafness: the others were not silent.</param>
public abstract class Peers(TimeSpan lifetime, TimeSpan deaf)
{
    /// <summary>Others are nobody whom we know: what they say must not fill our memory.</summary>
    private const int MaxPeers = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, long> _seenAt = [];
    private long _heardSelfAt = long.MinValue / 2;
    private volatile int _count = 1;

    /// <summary>Name of this process among the others, made anew at each start.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>Processes that were heard of lately, this one included; at least 1.</summary>
    public int Count => _count;

    /// <summary>Notes that a process lives, perhaps this one.</summary>
    /// <param name="now">Ticks of a monotonic clock.</param>
    /// <returns>True for one that was not known: it does not know of us either.</returns>
    public bool Note(Guid id, long now)
    {
        lock (_lock)
        {
            if (id == Id)
            {
                HeardSelf_NeedsLock(now);
                return false;
            }

            var isNew = !_seenAt.ContainsKey(id);
            if (isNew && _seenAt.Count >= MaxPeers)
            {
                return false;
            }

            _seenAt[id] = now;
            Count_NeedsLock();
            return isNew;
        }
    }

    /// <summary>Notes that a process stopped.</summary>
    public void Gone(Guid id)
    {
        lock (_lock)
        {
            _seenAt.Remove(id);
            Count_NeedsLock();
        }
    }

    /// <summary>Called under the lock after each note: to be quick.</summary>
    protected virtual void OnCounted(int count)
    {
    }

    private void HeardSelf_NeedsLock(long now)
    {
        if (now - _heardSelfAt >= deaf.Ticks)
        {
            foreach (var id in _seenAt.Keys)
            {
                _seenAt[id] = now;
            }
        }

        _heardSelfAt = now;
        foreach (var (id, seenAt) in _seenAt)
        {
            if (now - seenAt >= lifetime.Ticks)
            {
                _seenAt.Remove(id);
            }
        }

        Count_NeedsLock();
    }

    private void Count_NeedsLock()
    {
        _count = _seenAt.Count + 1;
        OnCounted(_count);
    }
}
