using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Gateway.Core.Journal;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>
/// The rows of a closed segment on disk. In memory are only where they lie and a filter of ids: reports read what they need, and the system's cache of files holds what is read often. Thread-safe.
/// </summary>
internal sealed class ColumnFile : ISegmentRows, IDisposable
{
    private const int MostDirectoryBytes = 1024 * 1024;
    private const int IdBytes = 16;

    private readonly SafeFileHandle _file;
    private readonly ColumnDirectory _directory;
    private readonly IdFilter _ids;

    private ColumnFile(SafeFileHandle file, ColumnDirectory directory)
    {
        (_file, _directory) = (file, directory);
        _ids = new IdFilter(directory.Ids.Length / IdBytes);
    }

    public int Segment => _directory.Segment;

    public int Count => _directory.Rows;

    public long MinTime => _directory.MinTime;

    public long MaxTime => _directory.MaxTime;

    /// <summary>The table of names, and how many of them, that this needs.</summary>
    public (Guid Id, int Count) Names => (_directory.NameTable, _directory.Names);

    public KnownSegment Known { get; private set; } = null!;

    /// <summary>When the newest correction in it was made, in Unix milliseconds.</summary>
    public long LastCorrectionMs { get; private set; }

    /// <summary>Whether it is worth looking for corrections in it.</summary>
    public bool HasCorrections { get; private set; }

    /// <summary>Opens a file and checks every byte of it.</summary>
    /// <param name="facts">What the file says beside the rows. Not kept: nobody needs it after the start.</param>
    /// <returns>Null when it is damaged, has another layout, or is not of the segment as it is now.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ColumnFile? TryOpen(string folder, string path, out SegmentFacts? facts)
    {
        facts = null;
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            if (ReadDirectory(handle) is { } directory && path == ColumnDirectory.PathOf(folder, directory.Segment) && IsOf(folder, directory))
            {
                var file = new ColumnFile(handle, directory);
                if (file.Check(out facts))
                {
                    return file;
                }
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or FormatException or ArgumentException)
        {
            // A checksum that is right over what makes no sense: another build's. It is made again.
        }
        catch
        {
            handle.Dispose();
            throw;
        }

        facts = null;
        handle.Dispose();
        return null;
    }

    public bool IsZero(LedgerColumn column) => _directory.Columns[(int)column] is { Width: 0, Base: 0 };

    public void Read(LedgerColumn column, int first, Span<long> values) => ColumnBytes.Read(_file, _directory.Columns[(int)column], first, values);

    /// <summary>Where the record of a request begins; null when it is not in this segment.</summary>
    public uint? Find(Guid requestId)
    {
        var key = IdFilter.KeyOf(requestId);
        if (!_ids.MayHave(key))
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[IdBytes];
        var (low, high) = (0, _directory.Ids.Length / IdBytes);
        while (low < high)
        {
            var middle = (low + high) / 2;
            ColumnBytes.ReadExactly(_file, bytes, _directory.Ids.Offset + ((long)middle * IdBytes));
            var found = BinaryPrimitives.ReadUInt128LittleEndian(bytes);
            if (found == key)
            {
                ColumnBytes.ReadExactly(_file, bytes[..sizeof(uint)], _directory.Offsets.Offset + ((long)middle * sizeof(uint)));
                return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            }

            (low, high) = found < key ? (middle + 1, high) : (low, middle);
        }

        return null;
    }

    public void Dispose() => _file.Dispose();

    private static ColumnDirectory? ReadDirectory(SafeFileHandle file)
    {
        var length = RandomAccess.GetLength(file);
        if (length < ColumnDirectory.TrailerBytes)
        {
            return null;
        }

        var trailer = new byte[ColumnDirectory.TrailerBytes];
        ColumnBytes.ReadExactly(file, trailer, length - trailer.Length);
        if (ColumnDirectory.LengthOf(trailer) is not (> 0 and < MostDirectoryBytes and var bytes) || bytes > length - trailer.Length)
        {
            return null;
        }

        var directory = new byte[bytes];
        ColumnBytes.ReadExactly(file, directory, length - trailer.Length - bytes);
        return ColumnDirectory.Read(directory, trailer);
    }

    private static bool IsOf(string folder, ColumnDirectory directory)
    {
        var segment = new FileInfo(SegmentFiles.Path(folder, directory.Segment));
        return segment.Exists && segment.Length == directory.SegmentLength && segment.LastWriteTimeUtc.Ticks == directory.SegmentTicks;
    }

    private bool Check(out SegmentFacts? facts)
    {
        facts = null;
        var sections = _directory.Columns.Select(static column => column.Section).Append(_directory.Ids).Append(_directory.Offsets).Append(_directory.Facts);
        var buffer = ArrayPool<byte>.Shared.Rent(sections.Max(static section => section.Length) + 1);
        try
        {
            foreach (var section in sections)
            {
                var bytes = buffer.AsSpan(0, section.Length);
                ColumnBytes.ReadExactly(_file, bytes, section.Offset);
                if (Crc32C.Compute(bytes) != section.Checksum)
                {
                    return false;
                }

                if (section == _directory.Ids)
                {
                    foreach (var key in MemoryMarshal.Cast<byte, UInt128>(bytes))
                    {
                        _ids.Add(key);
                    }
                }
                else if (section == _directory.Facts)
                {
                    facts = SegmentFacts.Read(bytes.ToArray(), Segment, out var known);
                    (Known, HasCorrections, LastCorrectionMs) = (known, facts.Corrections > 0, facts.LastCorrectionMs);
                }
            }

            return facts is not null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
