using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Gateway.Core.Journal;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>Where a run of bytes lies in a file, and its checksum.</summary>
internal readonly record struct ColumnSection(long Offset, int Length, uint Checksum);

/// <summary>How a column is written: each value as <see cref="Width"/> bytes, 0, 1, 2, 4 or 8, that are added to <see cref="Base"/>.</summary>
internal readonly record struct ColumnEncoding(long Base, int Width, ColumnSection Section);

/// <summary>
/// What stands where in a column file, at its end: <c>[magic 8][columns][ids, ascending][their offsets][facts][this][its length u32][its crc32c u32][magic 8]</c>, little-endian. The segments are the
/// truth: a file of another layout, with a wrong checksum, or of a segment that has changed since is made again.
/// </summary>
internal sealed record ColumnDirectory
{
    public const int TrailerBytes = 16;
    private const string Extension = ".col";

    /// <summary>Also says the layout, and what the rows mean.</summary>
    public static ReadOnlySpan<byte> Magic => "GWCOLS1\n"u8;

    /// <summary>The <see cref="NameFile"/> that the numbers of names are of.</summary>
    public required Guid NameTable { get; init; }

    /// <summary>Names that must be in it.</summary>
    public required int Names { get; init; }

    public required int Segment { get; init; }

    /// <summary>Length and time of the segment's file when this was made: one that has neither is another one.</summary>
    public required long SegmentLength { get; init; }

    public required long SegmentTicks { get; init; }

    public required int Rows { get; init; }

    public required long MinTime { get; init; }

    public required long MaxTime { get; init; }

    public required ColumnEncoding[] Columns { get; init; }

    public required ColumnSection Ids { get; init; }

    public required ColumnSection Offsets { get; init; }

    public required ColumnSection Facts { get; init; }

    public static string PathOf(string folder, int segment) => Path.Combine(folder, segment.ToString("D10", CultureInfo.InvariantCulture) + Extension);

    public static IEnumerable<string> List(string folder) => Directory.EnumerateFiles(folder, "*" + Extension);

    /// <returns>The directory with its trailer.</returns>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(NameTable.ToByteArray());
        writer.Write(Names);
        writer.Write(Segment);
        writer.Write(SegmentLength);
        writer.Write(SegmentTicks);
        writer.Write(Rows);
        writer.Write(MinTime);
        writer.Write(MaxTime);
        Write(writer, Columns);
        Write(writer, Ids);
        Write(writer, Offsets);
        Write(writer, Facts);
        return Seal(writer, stream, Magic);
    }

    /// <returns>How long the directory before a trailer is; null when it is no trailer.</returns>
    public static int? LengthOf(ReadOnlySpan<byte> trailer) => trailer[8..].SequenceEqual(Magic) ? BinaryPrimitives.ReadInt32LittleEndian(trailer) : null;

    /// <returns>Null for bytes that are damaged or of other columns.</returns>
    public static ColumnDirectory? Read(byte[] bytes, ReadOnlySpan<byte> trailer)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != Crc32C.Compute(bytes))
        {
            return null;
        }

        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        var directory = new ColumnDirectory
        {
            NameTable = new Guid(reader.ReadBytes(16)),
            Names = reader.ReadInt32(),
            Segment = reader.ReadInt32(),
            SegmentLength = reader.ReadInt64(),
            SegmentTicks = reader.ReadInt64(),
            Rows = reader.ReadInt32(),
            MinTime = reader.ReadInt64(),
            MaxTime = reader.ReadInt64(),
            Columns = new ColumnEncoding[reader.ReadInt32()],
            Ids = default,
            Offsets = default,
            Facts = default,
        };
        if (directory.Columns.Length != LedgerColumns.Count)
        {
            return null;
        }

        for (var i = 0; i < directory.Columns.Length; i++)
        {
            directory.Columns[i] = new ColumnEncoding(reader.ReadInt64(), reader.ReadInt32(), ReadSection(reader));
        }

        return directory with { Ids = ReadSection(reader), Offsets = ReadSection(reader), Facts = ReadSection(reader) };
    }

    public static void Write(BinaryWriter writer, ColumnEncoding[] columns)
    {
        writer.Write(columns.Length);
        foreach (var column in columns)
        {
            writer.Write(column.Base);
            writer.Write(column.Width);
            Write(writer, column.Section);
        }
    }

    /// <summary>Ends a directory, of whatever kind of file.</summary>
    /// <returns>What was written, with its trailer.</returns>
    public static byte[] Seal(BinaryWriter writer, MemoryStream stream, ReadOnlySpan<byte> magic)
    {
        writer.Flush();
        var length = (int)stream.Length;
        writer.Write(length);
        writer.Write(Crc32C.Compute(stream.GetBuffer().AsSpan(0, length)));
        writer.Write(magic);
        writer.Flush();
        return stream.ToArray();
    }

    public static void Write(BinaryWriter writer, in ColumnSection section)
    {
        writer.Write(section.Offset);
        writer.Write(section.Length);
        writer.Write(section.Checksum);
    }

    public static ColumnSection ReadSection(BinaryReader reader) => new(reader.ReadInt64(), reader.ReadInt32(), reader.ReadUInt32());
}
