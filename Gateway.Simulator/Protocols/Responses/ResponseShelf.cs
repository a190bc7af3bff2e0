using System.Text.Json;

namespace Gateway.Simulator.Protocols.Responses;

/// <summary>The responses that one provider keeps, for all credentials alike; the oldest make room. Thread-safe.</summary>
internal sealed class ResponseShelf
{
    private const int MaxTalks = 10_000;
    private const long MaxBytes = 64 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<StoredTalk>> _talks = new(StringComparer.Ordinal);
    private readonly LinkedList<StoredTalk> _byAge = new();
    private readonly Dictionary<string, JsonElement> _items = new(StringComparer.Ordinal);
    private long _bytes;

    public StoredTalk? Find(string id)
    {
        lock (_lock)
        {
            return _talks.GetValueOrDefault(id)?.Value;
        }
    }

    /// <summary>An item of an answer by its id.</summary>
    public JsonElement? FindItem(string id)
    {
        lock (_lock)
        {
            return _items.TryGetValue(id, out var item) ? item : null;
        }
    }

    public void Keep(StoredTalk talk)
    {
        lock (_lock)
        {
            _talks.Add(talk.Id, _byAge.AddLast(talk));
            _bytes += talk.Bytes;
            foreach (var item in talk.Output)
            {
                _items[Json.Text(item, "id"u8)!] = item;
            }

            while (_bytes > MaxBytes || _talks.Count > MaxTalks)
            {
                Remove_NeedsLock(_byAge.First!.Value.Id);
            }
        }
    }

    /// <returns>Whether it was there.</returns>
    public bool Remove(string id)
    {
        lock (_lock)
        {
            return Remove_NeedsLock(id);
        }
    }

    private bool Remove_NeedsLock(string id)
    {
        if (!_talks.Remove(id, out var node))
        {
            return false;
        }

        _byAge.Remove(node);
        _bytes -= node.Value.Bytes;
        foreach (var item in node.Value.Output)
        {
            _items.Remove(Json.Text(item, "id"u8)!);
        }

        return true;
    }
}
