namespace Gateway.Core.Journal;

/// <summary>Requests that were dispatched and have no end yet: their segments must stay. Thread-safe.</summary>
internal sealed class OpenIntents
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, long> _seqs = [];

    public void Add(Guid requestId, long seq)
    {
        lock (_lock)
        {
            // A second attempt of the same request writes another intent; the first one is what holds the segments of both.
            _seqs.TryAdd(requestId, seq);
        }
    }

    public void Remove(Guid requestId)
    {
        lock (_lock)
        {
            _seqs.Remove(requestId);
        }
    }

    /// <summary>Place of the oldest, or the greatest number when there is none.</summary>
    public long Oldest()
    {
        lock (_lock)
        {
            var oldest = long.MaxValue;
            foreach (var seq in _seqs.Values)
            {
                oldest = Math.Min(oldest, seq);
            }

            return oldest;
        }
    }
}
