using System.Buffers.Binary;

namespace Gateway.Core.Journal;

/// <summary>
/// Head and foot of a segment. Header: <c>[magic 8][first seq u64][crc32c u32]</c>. Footer, once the segment is closed:
/// <c>[magic 4][last seq u64][record count u64][hash u64][crc32c u32]</c>. The footer's magic is no possible frame length.
/// </summary>
internal static class SegmentFormat
{
    public const int HeaderBytes = 20;
    public const int FooterBytes = 32;

    private static ReadOnlySpan<byte> HeaderMagic => "GWSEG01\n"u8;

    private static ReadOnlySpan<byte> FooterMagic => "GWFT"u8;

    public static void WriteHeader(Span<byte> destination, long firstSeq)
    {
        HeaderMagic.CopyTo(destination);
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], firstSeq);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[16..], Crc32C.Compute(destination[..16]));
    }

    public static bool TryReadHeader(ReadOnlySpan<byte> source, out long firstSeq)
    {
        firstSeq = 0;
        if (source.Length < HeaderBytes || !source.StartsWith(HeaderMagic) || BinaryPrimitives.ReadUInt32LittleEndian(source[16..]) != Crc32C.Compute(source[..16]))
        {
            return false;
        }

        firstSeq = BinaryPrimitives.ReadInt64LittleEndian(source[8..]);
        return true;
    }

    public static void WriteFooter(Span<byte> destination, in SegmentSum sum)
    {
        FooterMagic.CopyTo(destination);
        BinaryPrimitives.WriteInt64LittleEndian(destination[4..], sum.LastSeq);
        BinaryPrimitives.WriteInt64LittleEndian(destination[12..], sum.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[20..], sum.Hash);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[28..], Crc32C.Compute(destination[..28]));
    }

    public static bool TryReadFooter(ReadOnlySpan<byte> source, out SegmentSum sum)
    {
        sum = default;
        if (source.Length < FooterBytes || !source.StartsWith(FooterMagic) || BinaryPrimitives.ReadUInt32LittleEndian(source[28..]) != Crc32C.Compute(source[..28]))
        {
            return false;
        }

        sum = new SegmentSum(
            BinaryPrimitives.ReadInt64LittleEndian(source[4..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[12..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[20..]));
        return true;
    }
}

/// <summary>What a footer says about the records before it.</summary>
/// <remarks>The hash is chained over the checksums: it costs nothing to keep, and tells a lost or exchanged record.</remarks>
internal readonly record struct SegmentSum(long LastSeq, long Count, ulong Hash)
{
    public SegmentSum Add(long seq, uint checksum)
    {
        var mixed = (Hash ^ checksum ^ ((ulong)seq << 32)) * 0x9E37_79B9_7F4A_7C15;
        return new(seq, Count + 1, mixed ^ (mixed >> 29));
    }
}
