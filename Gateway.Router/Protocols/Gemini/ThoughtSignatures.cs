using System.Security.Cryptography;
using System.Text;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>
/// Signatures that Gemini gave with its calls, for clients that do not bring them back: Gemini 3 refuses its own calls without
/// them. A memory of this process with a bound; what it forgot is replaced by the value that Google documents for that. Thread-safe.
/// </summary>
/// <remarks>
/// A call is known by its id, name and arguments together: ids are short at some upstreams, and a wrong signature is refused. Only hashes
/// are kept as keys; the signatures themselves are readable by Google alone.
/// </remarks>
internal sealed class ThoughtSignatures(long maxBytes = ThoughtSignatures.DefaultBytes)
{
    /// <summary>Google's documented value for calls whose signature is lost, or that another model made.</summary>
    public const string Dummy = "skip_thought_signature_validator";

    private const long DefaultBytes = 32 * 1024 * 1024;

    /// <summary>What an entry costs besides its signature, about.</summary>
    private const int EntryBytes = 160;

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, byte[]> _byCall = [];
    private readonly Queue<UInt128> _order = new();
    private long _bytes;

    /// <summary>Remembers the signature of a call.</summary>
    /// <param name="arguments">As <see cref="CanonicalJson"/> writes them.</param>
    public void Remember(ReadOnlySpan<byte> id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> arguments, ReadOnlySpan<byte> signature)
    {
        Add(Key(id, name, arguments), signature.ToArray());
    }

    /// <summary>Remembers that a signature is Gemini's own.</summary>
    public void Remember(ReadOnlySpan<byte> signature) => Add(Key(signature, default, default), []);

    /// <returns>Null when it was never known, or forgotten.</returns>
    public string? Find(string id, string name, ReadOnlySpan<byte> arguments)
    {
        var key = Key(Encoding.UTF8.GetBytes(id), Encoding.UTF8.GetBytes(name), arguments);
        lock (_lock)
        {
            return _byCall.TryGetValue(key, out var signature) ? Encoding.UTF8.GetString(signature) : null;
        }
    }

    /// <summary>Whether a signature is Gemini's own; other providers' are worth nothing there.</summary>
    public bool IsOurs(string signature)
    {
        var key = Key(Encoding.UTF8.GetBytes(signature), default, default);
        lock (_lock)
        {
            return _byCall.ContainsKey(key);
        }
    }

    private void Add(UInt128 key, byte[] signature)
    {
        lock (_lock)
        {
            if (!_byCall.TryAdd(key, signature))
            {
                return;
            }

            _order.Enqueue(key);
            _bytes += signature.Length + EntryBytes;
            while (_bytes > maxBytes && _order.TryDequeue(out var oldest))
            {
                _byCall.Remove(oldest, out var gone);
                _bytes -= (gone?.Length ?? 0) + EntryBytes;
            }
        }
    }

    private static UInt128 Key(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int) * 2];
        BitConverter.TryWriteBytes(length, first.Length);
        BitConverter.TryWriteBytes(length[sizeof(int)..], second.Length);
        hash.AppendData(length);
        hash.AppendData(first);
        hash.AppendData(second);
        hash.AppendData(third);
        Span<byte> result = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(result);
        return new UInt128(BitConverter.ToUInt64(result), BitConverter.ToUInt64(result[sizeof(ulong)..]));
    }
}
