using System.Buffers.Binary;
using System.Numerics;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>
/// Tells for nearly every id that a segment does not hold it, at 10 bits an id: the bits of one id lie in one line of the processor's cache. Not thread-safe while it is filled.
/// </summary>
/// <remarks>A blocked Bloom filter. Source: Putze, Sanders, Singler 2007, doi:10.1007/978-3-540-72845-0_9.</remarks>
internal sealed class IdFilter(int ids)
{
    private const int BitsPerId = 10;
    private const int LineWords = 8;
    private const int Probes = 6;

    private readonly ulong[] _words = new ulong[LineWords * Math.Max(1, (int)(((long)ids * BitsPerId / 512) + 1))];

    /// <summary>An id as the number that it is searched by.</summary>
    public static UInt128 KeyOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public void Add(UInt128 key)
    {
        var hash = HashOf(key);
        var line = Line(hash);
        var rest = hash * 0x94D0_49BB_1331_11EB;
        for (var i = 0; i < Probes; i++, rest >>= 9)
        {
            line[(int)(rest >> 6) & (LineWords - 1)] |= 1UL << (int)(rest & 63);
        }
    }

    public bool MayHave(UInt128 key)
    {
        var hash = HashOf(key);
        var line = Line(hash);
        var rest = hash * 0x94D0_49BB_1331_11EB;
        for (var i = 0; i < Probes; i++, rest >>= 9)
        {
            if ((line[(int)(rest >> 6) & (LineWords - 1)] & (1UL << (int)(rest & 63))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    // Spread well: ids carry their time in front.
    private static ulong HashOf(UInt128 key)
    {
        var hash = (ulong)(key >> 64) * 0x9E37_79B9_7F4A_7C15;
        hash = (BitOperations.RotateLeft(hash, 29) ^ (ulong)key) * 0xBF58_476D_1CE4_E5B9;
        return hash ^ (hash >> 32);
    }

    private Span<ulong> Line(ulong hash) => _words.AsSpan((int)Math.BigMul(hash, (ulong)(_words.Length / LineWords), out _) * LineWords, LineWords);
}
