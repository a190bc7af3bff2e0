using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Columns;

namespace Gateway.Usage.Ledger.Carried;

/// <summary>
/// The beginning of a file of carried sums, <c>[magic 8][segment u32][first seq u64][last seq u64][newest u64][crc32c u32]</c>: what the ledger needs to go on even when the rest is damaged.
/// </summary>
/// <param name="Segment">The segment that was carried.</param>
/// <param name="FirstSeq">Its first record; one more than the last for a segment without records.</param>
/// <param name="LastSeq">Its last record.</param>
/// <param name="NewestMs">When the newest of its requests arrived, in Unix milliseconds; the least number when it has none.</param>
internal readonly record struct SumHead(int Segment, long FirstSeq, long LastSeq, long NewestMs)
{
    public const int Bytes = 40;

    private static ReadOnlySpan<byte> Magic => "GWSUMS1\n"u8;

    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Segment);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(12), FirstSeq);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(20), LastSeq);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(28), NewestMs);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(36), Crc32C.Compute(bytes.AsSpan(0, 36)));
        return bytes;
    }

    /// <returns>Null when it is damaged.</returns>
    public static SumHead? Read(ReadOnlySpan<byte> bytes) =>
        bytes.Length < Bytes || !bytes.StartsWith(Magic) || BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..]) != Crc32C.Compute(bytes[..36]) ? null : new SumHead(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[20..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[28..]));
}

/// <summary>
/// What stands where in a file of carried sums: <c>[head][columns][names][kept records][facts][this][its length u32][its crc32c u32][magic 8]</c>, little-endian. Nothing else has what it holds, so every byte is under
/// a checksum, and later builds must read it: columns are only added, at the end.
/// </summary>
internal sealed record SumDirectory
{
    public const int TrailerBytes = 16;
    public const string Extension = ".sum";
    private const int MostColumns = 1000;

    private static ReadOnlySpan<byte> Magic => "GWSUMS1\n"u8;

    /// <summary>Length of the segment's file when it was carried.</summary>
    public required long SegmentLength { get; init; }

    public required int Rows { get; init; }

    /// <summary>The earliest hour of the rows, as its beginning.</summary>
    public required long MinTime { get; init; }

    public required long MaxTime { get; init; }

    /// <summary>By the numbers of <see cref="LedgerColumn"/>.</summary>
    public required ColumnEncoding[] Columns { get; init; }

    public required ColumnSection Names { get; init; }

    /// <summary>Records of the segment that are no requests and stay as they are: evidence, and what journals lost. One frame after the other.</summary>
    public required ColumnSection Kept { get; init; }

    public required ColumnSection Facts { get; init; }

    public static string PathOf(string folder, int segment) => Path.Combine(folder, segment.ToString("D10", CultureInfo.InvariantCulture) + Extension);

    /// <summary>The files of a folder with their segments, oldest first.</summary>
    public static IReadOnlyList<(int Segment, string Path)> List(string folder)
    {
        var files = new List<(int, string)>();
        foreach (var path in Directory.EnumerateFiles(folder, "*" + Extension))
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var segment) && Path.GetFileName(path) == Path.GetFileName(PathOf(folder, segment)))
            {
                files.Add((segment, path));
            }
        }

        files.Sort();
        return files;
    }

    /// <returns>The directory with its trailer.</returns>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(SegmentLength);
        writer.Write(Rows);
        writer.Write(MinTime);
        writer.Write(MaxTime);
        ColumnDirectory.Write(writer, Columns);
        ColumnDirectory.Write(writer, Names);
        ColumnDirectory.Write(writer, Kept);
        ColumnDirectory.Write(writer, Facts);
        return ColumnDirectory.Seal(writer, stream, Magic);
    }

    /// <returns>How long the directory before a trailer is; null when it is no trailer.</returns>
    public static int? LengthOf(ReadOnlySpan<byte> trailer) => trailer[8..].SequenceEqual(Magic) ? BinaryPrimitives.ReadInt32LittleEndian(trailer) : null;

    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public static SumDirectory Read(byte[] bytes, ReadOnlySpan<byte> trailer)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != Crc32C.Compute(bytes))
        {
            throw new InvalidDataException("its directory is damaged");
        }

        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        var directory = new SumDirectory
        {
            SegmentLength = reader.ReadInt64(),
            Rows = reader.ReadInt32(),
            MinTime = reader.ReadInt64(),
            MaxTime = reader.ReadInt64(),
            Columns = new ColumnEncoding[reader.ReadInt32() is var columns and >= 0 and <= MostColumns ? columns : throw new InvalidDataException("its directory makes no sense")],
            Names = default,
            Kept = default,
            Facts = default,
        };
        for (var i = 0; i < directory.Columns.Length; i++)
        {
            directory.Columns[i] = new ColumnEncoding(reader.ReadInt64(), reader.ReadInt32(), ColumnDirectory.ReadSection(reader));
        }

        return directory with { Names = ColumnDirectory.ReadSection(reader), Kept = ColumnDirectory.ReadSection(reader), Facts = ColumnDirectory.ReadSection(reader) };
    }
}
