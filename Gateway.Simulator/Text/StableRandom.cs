using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gateway.Simulator.Text;

/// <summary>
/// A seeded sequence that is the same on every machine and in every version; <see cref="Random"/> does not promise that.
/// SplitMix64: Steele, Lea, Flood 2014, doi:10.1145/2714064.2660195.
/// </summary>
internal struct StableRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong NextUInt64()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 up to, not including, <paramref name="limit"/>.</summary>
    public int Next(int limit) => (int)(NextUInt64() % (ulong)limit);

    /// <summary>The seed of one request: what it says together with the Simulator's own seed.</summary>
    public static ulong SeedOf(ulong seed, ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash) ^ new StableRandom(seed).NextUInt64();
    }
}
