using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Gateway.Core.Requests;

/// <summary>One number for everything that a body steers the routing with: the Edge signs it, the Router compares.</summary>
public static class SteeringDigest
{
    /// <param name="body">The bytes that <paramref name="ownMembers"/> point into.</param>
    /// <param name="ownMembers">As <see cref="RequestFacts.OwnMembers"/>.</param>
    /// <returns>0 for none; never 0 for some.</returns>
    public static long Of(ReadOnlySpan<byte> body, IReadOnlyList<ByteRange>? ownMembers)
    {
        if (ownMembers is null)
        {
            return 0;
        }

        var digest = 0UL;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        for (var i = 0; i < ownMembers.Count; i++)
        {
            SHA256.HashData(body.Slice(ownMembers[i].Start, ownMembers[i].Length), hash);
            digest = BitOperations.RotateLeft(digest, 1) ^ BinaryPrimitives.ReadUInt64LittleEndian(hash);
        }

        return digest == 0 ? 1 : (long)digest;
    }
}
