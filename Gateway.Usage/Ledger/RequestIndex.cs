namespace Gateway.Usage.Ledger;

/// <summary>One request in 24 bytes: enough to order, filter and find it.</summary>
/// <param name="Place">Where it stands in time, and where it lies.</param>
/// <param name="Key">Number of its key's name.</param>
/// <param name="Model">Number of its model's name.</param>
internal readonly record struct IndexEntry(RequestPlace Place, int Key, int Model);

/// <summary>
/// Requests in the order of time. They arrive nearly sorted (a record is written when a request ends, and late after an
/// outage), so an insert touches the last chunk or one near it. Not thread-safe.
/// </summary>
internal sealed class RequestIndex
{
    private const int ChunkSize = 1024;

    private readonly List<List<IndexEntry>> _chunks = [];

    public long Count { get; private set; }

    public void Add(in IndexEntry entry)
    {
        Count++;
        if (_chunks.Count == 0)
        {
            _chunks.Add(new List<IndexEntry>(ChunkSize) { entry });
            return;
        }

        // 1. The last chunk that does not begin after the entry.
        var at = _chunks.Count - 1;
        while (at > 0 && _chunks[at][0].Place.CompareTo(entry.Place) > 0)
        {
            at--;
        }

        // 2. Its place there; nearly always the end.
        var chunk = _chunks[at];
        var index = After(chunk, entry.Place);
        if (chunk.Count < ChunkSize)
        {
            chunk.Insert(index, entry);
            return;
        }

        // 3. A full chunk: begin a new one behind it, or halve it.
        if (index == chunk.Count)
        {
            _chunks.Insert(at + 1, new List<IndexEntry>(ChunkSize) { entry });
            return;
        }

        var upper = new List<IndexEntry>(ChunkSize);
        upper.AddRange(chunk[(ChunkSize / 2)..]);
        chunk.RemoveRange(ChunkSize / 2, chunk.Count - (ChunkSize / 2));
        _chunks.Insert(at + 1, upper);
        (index <= chunk.Count ? chunk : upper).Insert(index <= chunk.Count ? index : index - chunk.Count, entry);
    }

    /// <summary>Entries before a place, newest first.</summary>
    public IEnumerable<IndexEntry> Before(RequestPlace? place)
    {
        for (var at = place is null ? _chunks.Count - 1 : ChunkBefore(place.Value); at >= 0; at--)
        {
            var chunk = _chunks[at];
            for (var i = chunk.Count - 1; i >= 0; i--)
            {
                if (place is null || chunk[i].Place.CompareTo(place.Value) < 0)
                {
                    yield return chunk[i];
                }
            }
        }
    }

    /// <summary>The last chunk that begins before a place; -1 when none does.</summary>
    private int ChunkBefore(RequestPlace place)
    {
        var (low, high) = (0, _chunks.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _chunks[middle][0].Place.CompareTo(place) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }

    private static int After(List<IndexEntry> chunk, RequestPlace place)
    {
        var (low, high) = (0, chunk.Count);
        if (chunk[^1].Place.CompareTo(place) <= 0)
        {
            return high;
        }

        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = chunk[middle].Place.CompareTo(place) <= 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
