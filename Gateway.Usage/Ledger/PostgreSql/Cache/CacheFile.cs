using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Columns;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Usage.Ledger.PostgreSql.Cache;

/// <summary>
/// Some rows of the database as columns on this machine's disk: <c>[columns][directory][its length u32][its crc32c u32][magic 8]</c>, little-endian. Only where they lie is in memory. Thread-safe.
/// </summary>
internal sealed class CacheFile : ISegmentRows, IDisposable
{
    public const string Extension = ".rows";
    private const int TrailerBytes = 16;
    private const int MostDirectoryBytes = 64 * 1024;

    private readonly SafeFileHandle _file;
    private readonly ColumnEncoding[] _columns;

    private CacheFile(SafeFileHandle file, string path, int number, bool isSummed, BinaryReader directory)
    {
        (_file, Path, Segment, IsSummed) = (file, path, number, isSummed);
        (Count, MinTime, MaxTime) = (directory.ReadInt32(), directory.ReadInt64(), directory.ReadInt64());
        _columns = new ColumnEncoding[directory.ReadInt32() is LedgerColumns.Count and var columns ? columns : throw new InvalidDataException("It has other columns.")];
        for (var column = 0; column < _columns.Length; column++)
        {
            _columns[column] = new ColumnEncoding(directory.ReadInt64(), directory.ReadInt32(), ColumnDirectory.ReadSection(directory));
        }
    }

    public string Path { get; }

    /// <summary>Its number.</summary>
    public int Segment { get; }

    public bool IsSummed { get; }

    public int Count { get; }

    public long MinTime { get; }

    public long MaxTime { get; }

    private static ReadOnlySpan<byte> Magic => "GWROWS1\n"u8;

    public static string PathOf(string folder, int number) => System.IO.Path.Combine(folder, number.ToString("D10", CultureInfo.InvariantCulture) + Extension);

    /// <exception cref="IOException">The disk failed.</exception>
    public static CacheFile Write(string folder, JournalDisk disk, CacheEntry entry, ISegmentRows rows)
    {
        var path = PathOf(folder, entry.Number);
        File.Delete(path);
        using (var file = disk.Create(path))
        {
            var output = new ColumnOutput(disk, file);
            var columns = ColumnBytes.Write(output, rows);
            using var stream = new MemoryStream();
            using var writer = new BinaryWriter(stream, Encoding.UTF8);
            writer.Write(rows.Count);
            writer.Write(rows.MinTime);
            writer.Write(rows.MaxTime);
            ColumnDirectory.Write(writer, columns);
            output.Write(ColumnDirectory.Seal(writer, stream, Magic));
            disk.Sync(file);
        }

        return TryOpen(folder, entry, check: false) ?? throw new IOException("A file of the column cache is not what was written.");
    }

    /// <param name="folder">Of the cache.</param>
    /// <param name="entry">Which file.</param>
    /// <param name="check">Whether every byte is read and checked.</param>
    /// <returns>Null when it is not there, damaged, or another build's.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CacheFile? TryOpen(string folder, CacheEntry entry, bool check)
    {
        var path = PathOf(folder, entry.Number);
        if (!File.Exists(path))
        {
            return null;
        }

        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            var file = new CacheFile(handle, path, entry.Number, entry.IsSummed, ReadDirectory(handle));
            if (check)
            {
                file.Check();
            }

            return file;
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or ArgumentException)
        {
            handle.Dispose();
            return null;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public bool IsZero(LedgerColumn column) => _columns[(int)column] is { Width: 0, Base: 0 };

    public void Read(LedgerColumn column, int first, Span<long> values) => ColumnBytes.Read(_file, _columns[(int)column], first, values);

    public void Dispose() => _file.Dispose();

    private static BinaryReader ReadDirectory(SafeFileHandle file)
    {
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        var end = RandomAccess.GetLength(file) - TrailerBytes;
        if (end < 0)
        {
            throw new InvalidDataException("It is cut off.");
        }

        ColumnBytes.ReadExactly(file, trailer, end);
        if (!trailer[8..].SequenceEqual(Magic) || BinaryPrimitives.ReadInt32LittleEndian(trailer) is not (> 0 and < MostDirectoryBytes and var length) || length > end)
        {
            throw new InvalidDataException("It has no end of ours.");
        }

        var directory = new byte[length];
        ColumnBytes.ReadExactly(file, directory, end - length);
        return Crc32C.Compute(directory) == BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..])
            ? new BinaryReader(new MemoryStream(directory), Encoding.UTF8) : throw new InvalidDataException("Its directory is damaged.");
    }

    private void Check()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(_columns.Max(static column => column.Section.Length) + 1);
        try
        {
            foreach (var column in _columns)
            {
                var bytes = buffer.AsSpan(0, column.Section.Length);
                ColumnBytes.ReadExactly(_file, bytes, column.Section.Offset);
                if (Crc32C.Compute(bytes) != column.Section.Checksum)
                {
                    throw new InvalidDataException("A column is damaged.");
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
