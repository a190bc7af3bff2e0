using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Edge.VirtualKeys;

/// <summary>What a secret is kept as: HMAC-SHA256 of its UTF-8 bytes under the pepper.</summary>
internal readonly record struct SecretDigest(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>Hexadecimal digits of a digest.</summary>
    public const int HexLength = 64;

    /// <summary>Reads what <see cref="ToHex"/> writes, in small or capital letters.</summary>
    public static bool TryParse(ReadOnlySpan<char> hex, out SecretDigest digest)
    {
        digest = default;
        return hex.Length == HexLength
            && Convert.FromHexString(hex, MemoryMarshal.AsBytes(new Span<SecretDigest>(ref digest)), out _, out _) == System.Buffers.OperationStatus.Done;
    }

    /// <summary>For the store alone: never for answers or logs.</summary>
    public string ToHex() => Convert.ToHexStringLower(MemoryMarshal.AsBytes(new ReadOnlySpan<SecretDigest>(in this)));

    public override string ToString() => "***";

    /// <summary>Takes the same time whatever differs.</summary>
    public bool FixedTimeEquals(SecretDigest other) => CryptographicOperations.FixedTimeEquals(
        MemoryMarshal.AsBytes(new ReadOnlySpan<SecretDigest>(in this)), MemoryMarshal.AsBytes(new ReadOnlySpan<SecretDigest>(ref other)));
}

/// <summary>Makes digests. Without the pepper nobody can find a secret whose digest starts like a known one's. Thread-safe.</summary>
internal sealed class SecretDigests(KeyPepper pepper)
{
    /// <summary>Longest credential in characters; a longer one is nobody's.</summary>
    public const int MaxSecretLength = 1024;

    // The longest secret that we make ourselves, in the worst case of UTF-8.
    private const int StackBytes = 384;

    /// <summary>Under which digests are made.</summary>
    public KeyPepper Pepper => pepper;

    public SecretDigest Of(ReadOnlySpan<char> secret)
    {
        secret = secret[..Math.Min(secret.Length, MaxSecretLength)];
        var length = Encoding.UTF8.GetMaxByteCount(secret.Length);
        var rented = length > StackBytes ? ArrayPool<byte>.Shared.Rent(length) : null;
        var bytes = rented ?? stackalloc byte[StackBytes];
        var written = Encoding.UTF8.GetBytes(secret, bytes);
        SecretDigest digest = default;
        HMACSHA256.HashData(pepper.Bytes, bytes[..written], MemoryMarshal.AsBytes(new Span<SecretDigest>(ref digest)));
        bytes[..written].Clear();
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return digest;
    }
}
