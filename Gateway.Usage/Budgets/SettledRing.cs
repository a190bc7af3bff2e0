namespace Gateway.Usage.Budgets;

/// <summary>The ends of the newest requests, by id and in the order in which they came. Not thread-safe.</summary>
internal sealed class SettledRing(int capacity)
{
    private readonly Dictionary<Guid, SettledEntry> _entries = [];
    private readonly Guid[] _order = new Guid[capacity];
    private long _added;

    public SettledEntry? Find(Guid requestId) => _entries.TryGetValue(requestId, out var entry) ? entry : null;

    public void Add(Guid requestId, in SettledEntry entry)
    {
        if (!_entries.TryAdd(requestId, entry))
        {
            _entries[requestId] = entry;
            return;
        }

        var place = _added % _order.Length;
        if (_added++ >= _order.Length)
        {
            _entries.Remove(_order[place]);
        }

        _order[place] = requestId;
    }

    public IEnumerable<(Guid RequestId, SettledEntry Entry)> NewestFirst()
    {
        for (var i = _added - 1; i >= Math.Max(0, _added - _order.Length); i--)
        {
            var id = _order[i % _order.Length];
            yield return (id, _entries[id]);
        }
    }
}
