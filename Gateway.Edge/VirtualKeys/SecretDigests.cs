using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Edge.VirtualKeys;

/// <summary>What a secret is kept as: HMAC-SHA256 under a pepper that lives only in this process.</summary>
internal readonly record struct SecretDigest(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>Takes the same time whatever differs.</summary>
    public bool FixedTimeEquals(SecretDigest other) => CryptographicOperations.FixedTimeEquals(
        MemoryMarshal.AsBytes(new ReadOnlySpan<SecretDigest>(in this)), MemoryMarshal.AsBytes(new ReadOnlySpan<SecretDigest>(ref other)));
}

/// <summary>Makes digests. Without the pepper nobody can find a secret whose digest starts like a known one's. Thread-safe.</summary>
internal sealed class SecretDigests
{
    /// <summary>Longest credential in characters; a longer one is nobody's.</summary>
    public const int MaxSecretLength = 1024;

    private const int StackBytes = 256;

    private readonly byte[] _pepper = RandomNumberGenerator.GetBytes(32);

    public SecretDigest Of(ReadOnlySpan<char> secret)
    {
        secret = secret[..Math.Min(secret.Length, MaxSecretLength)];
        var length = Encoding.UTF8.GetMaxByteCount(secret.Length);
        var rented = length > StackBytes ? ArrayPool<byte>.Shared.Rent(length) : null;
        var bytes = rented ?? stackalloc byte[StackBytes];
        var written = Encoding.UTF8.GetBytes(secret, bytes);
        SecretDigest digest = default;
        HMACSHA256.HashData(_pepper, bytes[..written], MemoryMarshal.AsBytes(new Span<SecretDigest>(ref digest)));
        bytes[..written].Clear();
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return digest;
    }
}
