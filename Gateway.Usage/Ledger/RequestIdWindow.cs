using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gateway.Usage.Ledger;

internal enum RequestIdSeen
{
    New,
    Same,
    Different,
}

/// <summary>
/// The newest request ids with a digest of their records. The marks of the producers already keep repetitions out; this is the
/// second wall, against a journal that was restored or copied, and so it may be bounded. Not thread-safe.
/// </summary>
internal sealed class RequestIdWindow(int capacity)
{
    /// <summary>About 100 MB of requests at hand: hours of traffic.</summary>
    public const int DefaultCapacity = 1_000_000;

    private readonly Dictionary<Guid, ulong> _digests = [];
    private readonly Queue<Guid> _order = new();

    public RequestIdSeen Add(Guid requestId, ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        var digest = BinaryPrimitives.ReadUInt64LittleEndian(hash);
        if (_digests.TryGetValue(requestId, out var known))
        {
            return known == digest ? RequestIdSeen.Same : RequestIdSeen.Different;
        }

        if (_order.Count == capacity)
        {
            _digests.Remove(_order.Dequeue());
        }

        _digests.Add(requestId, digest);
        _order.Enqueue(requestId);
        return RequestIdSeen.New;
    }
}
