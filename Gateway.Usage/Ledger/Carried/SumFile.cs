using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Columns;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Usage.Ledger.Carried;

/// <summary>
/// The sums of a segment that was carried, on disk. They are rows as a <see cref="ColumnFile"/> has them, each of many requests, at the beginning of an hour; reports add them up like others, lists leave them out.
/// Thread-safe.
/// </summary>
internal sealed class SumFile : ISegmentRows, IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly SumDirectory _directory;
    private readonly int[] _names;
    private readonly int[] _sets;

    private SumFile(SafeFileHandle file, int segment, SumDirectory directory, (int[] Names, int[] Sets) names)
    {
        (_file, Segment, _directory) = (file, segment, directory);
        (_names, _sets) = names;
    }

    public int Segment { get; }

    public int Count => _directory.Rows;

    public long MinTime => _directory.MinTime;

    public long MaxTime => _directory.MaxTime;

    /// <summary>Length of the segment's file when it was carried.</summary>
    public long SegmentLength => _directory.SegmentLength;

    /// <summary>Opens a file and checks every byte of it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="segment">The segment that it is of.</param>
    /// <param name="names">Gets the names that it does not have.</param>
    /// <returns>What is whole of it.</returns>
    public static SumReading Open(string path, int segment, NameTable names)
    {
        SafeFileHandle? file = null;
        var reading = new SumReading(segment, path);
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var head = new byte[SumHead.Bytes];
            ColumnBytes.ReadExactly(file, head, 0);
            reading = reading with { Head = SumHead.Read(head) is { } read && read.Segment == segment ? read : throw new InvalidDataException("its head is damaged") };

            // What budgets and journals ask for comes first: it may be whole where the rest is not.
            var directory = ReadDirectory(file);
            var facts = SegmentFacts.Read(ReadSection(file, directory.Facts, "facts"), segment, out var known);
            reading = reading with { Facts = facts, Known = known };
            for (var column = 0; column < directory.Columns.Length; column++)
            {
                ReadSection(file, directory.Columns[column].Section, ((LedgerColumn)column).ToString());
            }

            ReadSection(file, directory.Kept, "kept records");
            return reading with { File = new SumFile(file, segment, directory, SumNames.Read(ReadSection(file, directory.Names, "names"), names)) };
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or OverflowException or IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            return reading with { Problem = exception is InvalidDataException ? exception.Message : "it cannot be read" };
        }
    }

    public bool IsZero(LedgerColumn column) => (int)column >= _directory.Columns.Length || _directory.Columns[(int)column] is { Width: 0, Base: 0 };

    public void Read(LedgerColumn column, int first, Span<long> values)
    {
        if ((int)column >= _directory.Columns.Length)
        {
            // Of a build that did not have it.
            values.Clear();
            return;
        }

        ColumnBytes.Read(_file, _directory.Columns[(int)column], first, values);
        if (column is LedgerColumn.Tags)
        {
            Translate(values, _sets);
        }
        else if (column is LedgerColumn.Key or LedgerColumn.User or LedgerColumn.Team or LedgerColumn.Organisation or LedgerColumn.Model or LedgerColumn.Deployment or LedgerColumn.Provider)
        {
            Translate(values, _names);
        }
    }

    /// <summary>Records that stayed as they are, in their order.</summary>
    public void VisitKept(RecordVisitor visitor)
    {
        var bytes = ReadSection(_file, _directory.Kept, "kept records").AsSpan();
        for (var offset = 0L; RecordFrame.TryRead(bytes, out var record); bytes = bytes[record.Frame.Length..], offset += record.Frame.Length)
        {
            visitor(record, new RecordLocation(Segment, offset));
        }
    }

    public void Dispose() => _file.Dispose();

    private static void Translate(Span<long> values, int[] numbers)
    {
        foreach (ref var value in values)
        {
            value = numbers[value];
        }
    }

    private static SumDirectory ReadDirectory(SafeFileHandle file)
    {
        var length = RandomAccess.GetLength(file);
        if (length < SumHead.Bytes + SumDirectory.TrailerBytes)
        {
            throw new InvalidDataException("it is cut off");
        }

        var trailer = new byte[SumDirectory.TrailerBytes];
        ColumnBytes.ReadExactly(file, trailer, length - trailer.Length);
        var bytes = SumDirectory.LengthOf(trailer) is { } said && said > 0 && said <= length - trailer.Length ? said : throw new InvalidDataException("its end is damaged");
        var directory = new byte[bytes];
        ColumnBytes.ReadExactly(file, directory, length - trailer.Length - bytes);
        return SumDirectory.Read(directory, trailer);
    }

    private static byte[] ReadSection(SafeFileHandle file, ColumnSection section, string what)
    {
        var bytes = new byte[section.Length];
        ColumnBytes.ReadExactly(file, bytes, section.Offset);
        return Crc32C.Compute(bytes) == section.Checksum ? bytes : throw new InvalidDataException($"its {what} are damaged");
    }
}

/// <summary>What could be read of a file of carried sums.</summary>
/// <param name="Segment">The segment that was carried, as the file is named.</param>
/// <param name="Path">The file.</param>
internal sealed record SumReading(int Segment, string Path)
{
    public SumHead? Head { get; init; }

    public SegmentFacts? Facts { get; init; }

    public KnownSegment? Known { get; init; }

    /// <summary>Null when something is damaged: none of the rows count then.</summary>
    public SumFile? File { get; init; }

    /// <summary>What is wrong; null while nothing is.</summary>
    public string? Problem { get; init; }
}
