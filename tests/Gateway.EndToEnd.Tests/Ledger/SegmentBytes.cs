using System.Buffers.Binary;

namespace Gateway.EndToEnd.Tests.Ledgers;

/// <summary>One record of a segment file.</summary>
/// <param name="Offset">First byte of its frame.</param>
/// <param name="Length">Bytes of the frame.</param>
/// <param name="Seq">Its number in the ledger.</param>
/// <param name="RequestId">The request that it is about.</param>
internal readonly record struct SegmentRecord(int Offset, int Length, long Seq, Guid RequestId);

/// <summary>Finds records in the bytes of a segment, to damage them. Not the ledger's own reader, on purpose: a header of 20 bytes, then frames as docs/adr/0004 has them.</summary>
internal static class SegmentBytes
{
    private const int SegmentHeader = 20;
    private const int FrameHeader = 54;
    private const byte Final = 3;

    /// <summary>The segments of a ledger, oldest first; the last is the open one.</summary>
    public static string[] Files(string folder) => [.. Directory.GetFiles(folder, "*.seg").Where(static path => new FileInfo(path).Length > SegmentHeader).Order(StringComparer.Ordinal)];

    /// <summary>The final records of a segment, in their order.</summary>
    public static List<SegmentRecord> Finals(string path)
    {
        var bytes = File.ReadAllBytes(path).AsSpan();
        var found = new List<SegmentRecord>();
        for (var at = SegmentHeader; at + FrameHeader <= bytes.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);
            if (length < FrameHeader || at + length > bytes.Length)
            {
                break;    // the footer, whose magic is no length
            }

            if (bytes[at + 8] == Final)
            {
                found.Add(new SegmentRecord(at, length, BinaryPrimitives.ReadInt64LittleEndian(bytes[(at + 30)..]), new Guid(bytes.Slice(at + 38, 16), bigEndian: true)));
            }

            at += length;
        }

        return found;
    }

    /// <summary>One bit of what a record says.</summary>
    public static void Flip(string path, SegmentRecord record)
    {
        using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = record.Offset + FrameHeader + 3;
        var value = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(value ^ 4));
    }

    /// <summary>Cuts the file in the middle of a record, as a disk does that loses its last writes.</summary>
    public static void CutInside(string path, SegmentRecord record)
    {
        using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.SetLength(record.Offset + (record.Length / 2));
    }
}
