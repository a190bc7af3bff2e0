using Microsoft.Extensions.Options;

namespace Gateway.Router.StoredResponses;

/// <summary>Keeps responses in this process, up to a number of bytes; the oldest make room. Another Router does not see them.</summary>
internal sealed class MemoryResponseStore(IOptions<StoredResponseOptions> options, TimeProvider time) : IResponseStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string KeyId, string Id), LinkedListNode<Entry>> _byId = [];
    private readonly Dictionary<(string KeyId, string ItemId), LinkedListNode<Entry>> _byItem = [];
    private readonly LinkedList<Entry> _byAge = new();
    private long _bytes;

    private sealed record Entry(string KeyId, StoredResponse Response, IReadOnlyList<string> ItemIds, DateTimeOffset Expiry);

    public ValueTask<StoredResponse?> LoadAsync(string keyId, string responseId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            RemoveOld_NeedsLock();
            return new(_byId.TryGetValue((keyId, responseId), out var node) ? node.Value.Response : null);
        }
    }

    public ValueTask<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> LoadItemsAsync(string keyId, IReadOnlyCollection<string> itemIds, CancellationToken cancellationToken)
    {
        var wanted = new HashSet<string>(itemIds, StringComparer.Ordinal);
        var responses = new HashSet<StoredResponse>(ReferenceEqualityComparer.Instance);
        lock (_lock)
        {
            RemoveOld_NeedsLock();
            foreach (var itemId in wanted)
            {
                if (_byItem.TryGetValue((keyId, itemId), out var node))
                {
                    responses.Add(node.Value.Response);
                }
            }
        }

        var found = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var response in responses)
        {
            foreach (var (id, item) in response.ReadOutput())
            {
                if (wanted.Contains(id))
                {
                    found[id] = item;
                }
            }
        }

        return new(found);
    }

    public ValueTask SaveAsync(string keyId, StoredResponse response, CancellationToken cancellationToken)
    {
        var itemIds = new List<string>();
        foreach (var (id, _) in response.ReadOutput())
        {
            itemIds.Add(id);
        }

        var entry = new Entry(keyId, response, itemIds, time.GetUtcNow() + options.Value.Retention);
        lock (_lock)
        {
            if (_byId.TryGetValue((keyId, response.Id), out var older))
            {
                Remove_NeedsLock(older);
            }

            var node = _byId[(keyId, response.Id)] = _byAge.AddLast(entry);
            foreach (var itemId in itemIds)
            {
                _byItem[(keyId, itemId)] = node;
            }

            _bytes += response.Bytes;
            RemoveOld_NeedsLock();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> DeleteAsync(string keyId, string responseId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            RemoveOld_NeedsLock();
            if (!_byId.TryGetValue((keyId, responseId), out var node))
            {
                return new(false);
            }

            Remove_NeedsLock(node);
            return new(true);
        }
    }

    // All are kept equally long, so the oldest is always the first to go.
    private void RemoveOld_NeedsLock()
    {
        var now = time.GetUtcNow();
        while (_byAge.First is { } oldest && (_bytes > options.Value.MaxMemoryBytes || oldest.Value.Expiry <= now))
        {
            Remove_NeedsLock(oldest);
        }
    }

    private void Remove_NeedsLock(LinkedListNode<Entry> node)
    {
        _byAge.Remove(node);
        _byId.Remove((node.Value.KeyId, node.Value.Response.Id));
        foreach (var itemId in node.Value.ItemIds)
        {
            // A later response may have an item of the same id.
            if (_byItem.TryGetValue((node.Value.KeyId, itemId), out var holder) && holder == node)
            {
                _byItem.Remove((node.Value.KeyId, itemId));
            }
        }

        _bytes -= node.Value.Response.Bytes;
    }
}
