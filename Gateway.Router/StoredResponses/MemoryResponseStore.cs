using Microsoft.Extensions.Options;

namespace Gateway.Router.StoredResponses;

/// <summary>Keeps responses in this process, up to a number of bytes; the oldest make room. Another Router does not see them.</summary>
internal sealed class MemoryResponseStore(IOptions<StoredResponseOptions> options, TimeProvider time) : IResponseStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string KeyId, string Id), LinkedListNode<Entry>> _byId = [];
    private readonly LinkedList<Entry> _byAge = new();
    private long _bytes;

    private sealed record Entry(string KeyId, StoredResponse Response, DateTimeOffset Expiry);

    public ValueTask<StoredResponse?> LoadAsync(string keyId, string responseId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            RemoveOld_NeedsLock();
            return new(_byId.TryGetValue((keyId, responseId), out var node) ? node.Value.Response : null);
        }
    }

    public ValueTask SaveAsync(string keyId, StoredResponse response, CancellationToken cancellationToken)
    {
        var entry = new Entry(keyId, response, time.GetUtcNow() + options.Value.Retention);
        lock (_lock)
        {
            if (_byId.TryGetValue((keyId, response.Id), out var older))
            {
                Remove_NeedsLock(older);
            }

            _byId[(keyId, response.Id)] = _byAge.AddLast(entry);
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
        _bytes -= node.Value.Response.Bytes;
    }
}
