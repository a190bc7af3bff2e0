using System.Globalization;

namespace Gateway.Router.Cooldowns;

/// <summary>How many Routers serve: limits towards upstreams are divided by it. Thread-safe by a short lock; the count is read without it.</summary>
/// <remarks>
/// Routers tell each other that they live, and a Router hears itself. While it does not, it cannot know of the others: the count stays what it was,
/// since a share that grows when Redis is lost would add up to more than the limit.
/// </remarks>
internal sealed class RouterPeers
{
    /// <summary>How often a Router says that it lives.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>How long one that says nothing counts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(15);

    /// <summary>Others are nobody whom we know: what they say must not fill our memory.</summary>
    private const int MaxPeers = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, long> _seenAt = [];
    private long _heardSelfAt;
    private volatile int _count = 1;

    /// <summary>Name of this Router among the others, made anew at each start.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    /// <summary><see cref="Id"/> in reports.</summary>
    public string Name => Id.ToString("N", CultureInfo.InvariantCulture)[..8];

    /// <summary>Routers that were heard of lately, this one included; at least 1.</summary>
    public int Count => _count;

    /// <summary>Notes that a Router lives, perhaps this one.</summary>
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
            _count = _seenAt.Count + 1;
            return isNew;
        }
    }

    /// <summary>Notes that a Router stopped.</summary>
    public void Gone(Guid id)
    {
        lock (_lock)
        {
            _seenAt.Remove(id);
            _count = _seenAt.Count + 1;
        }
    }

    private void HeardSelf_NeedsLock(long now)
    {
        if (now - _heardSelfAt >= Lifetime.Ticks)
        {
            // We were deaf: the others were not silent.
            foreach (var id in _seenAt.Keys)
            {
                _seenAt[id] = now;
            }
        }

        _heardSelfAt = now;
        foreach (var (id, seenAt) in _seenAt)
        {
            if (now - seenAt >= Lifetime.Ticks)
            {
                _seenAt.Remove(id);
            }
        }

        _count = _seenAt.Count + 1;
    }
}
