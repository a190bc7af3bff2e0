using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Gateway.Core.Journal;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>Writes the column file of a closed segment: there is a whole one under its name, or none. One at a time.</summary>
internal sealed class ColumnFileWriter(string folder, JournalDisk disk, NameFile names)
{
    /// <summary>Makes names and columns durable.</summary>
    /// <exception cref="IOException">The disk failed; what was there before is still there.</exception>
    public void Write(OpenSegment open, KnownSegment segment)
    {
        // 1. What the numbers mean comes before the numbers.
        var needed = names.Flush();
        var path = ColumnDirectory.PathOf(folder, segment.Info.Ordinal);
        var source = new FileInfo(SegmentFiles.Path(folder, segment.Info.Ordinal));
        File.Delete(path + ".new");
        using (var file = disk.Create(path + ".new"))
        {
            var output = new Output(disk, file);
            output.Write(ColumnDirectory.Magic);
            var rows = open.Snapshot();
            var columns = WriteColumns(output, rows);
            var (keys, offsets) = WriteIds(output, open.Ids);
            var directory = new ColumnDirectory
            {
                NameTable = names.Id,
                Names = needed,
                Segment = segment.Info.Ordinal,
                SegmentLength = source.Length,
                SegmentTicks = source.LastWriteTimeUtc.Ticks,
                Rows = rows.Count,
                MinTime = rows.MinTime,
                MaxTime = rows.MaxTime,
                Columns = columns,
                Ids = keys,
                Offsets = offsets,
                Facts = output.Write(open.Facts.ToBytes(segment)),
            };
            output.Write(directory.ToBytes());
            disk.Sync(file);
        }

        // 2. It is whole: now it gets its name.
        File.Move(path + ".new", path, overwrite: true);
        disk.SyncFolder(folder);
    }

    private static ColumnEncoding[] WriteColumns(Output output, ISegmentRows rows)
    {
        var columns = new ColumnEncoding[LedgerColumns.Count];
        var values = ArrayPool<long>.Shared.Rent(Math.Max(1, rows.Count));
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, rows.Count * sizeof(long)));
        for (var column = 0; column < columns.Length; column++)
        {
            var part = values.AsSpan(0, rows.Count);
            rows.Read((LedgerColumn)column, 0, part);
            var (least, width) = Measure(part);
            Encode(part, least, width, bytes);
            columns[column] = new ColumnEncoding(least, width, output.Write(bytes.AsSpan(0, rows.Count * width)));
        }

        ArrayPool<byte>.Shared.Return(bytes);
        ArrayPool<long>.Shared.Return(values);
        return columns;
    }

    private static (long Least, int Width) Measure(ReadOnlySpan<long> values)
    {
        if (values.IsEmpty)
        {
            return (0, 0);
        }

        var (least, most) = (values[0], values[0]);
        foreach (var value in values)
        {
            (least, most) = (Math.Min(least, value), Math.Max(most, value));
        }

        return (least, unchecked((ulong)(most - least)) switch
        {
            0 => 0,
            <= byte.MaxValue => 1,
            <= ushort.MaxValue => 2,
            <= uint.MaxValue => 4,
            _ => 8,
        });
    }

    private static void Encode(ReadOnlySpan<long> values, long least, int width, Span<byte> bytes)
    {
        for (var i = 0; i < values.Length && width > 0; i++)
        {
            var rest = unchecked((ulong)(values[i] - least));
            switch (width)
            {
                case 1:
                    bytes[i] = (byte)rest;
                    break;
                case 2:
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes[(i * 2)..], (ushort)rest);
                    break;
                case 4:
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes[(i * 4)..], (uint)rest);
                    break;
                default:
                    BinaryPrimitives.WriteUInt64LittleEndian(bytes[(i * 8)..], rest);
                    break;
            }
        }
    }

    private static (ColumnSection Ids, ColumnSection Offsets) WriteIds(Output output, IReadOnlyDictionary<Guid, uint> ids)
    {
        var keys = new UInt128[ids.Count];
        var offsets = new uint[ids.Count];
        var at = 0;
        foreach (var (id, offset) in ids)
        {
            (keys[at], offsets[at++]) = (IdFilter.KeyOf(id), offset);
        }

        Array.Sort(keys, offsets);
        return (output.Write(MemoryMarshal.AsBytes(keys.AsSpan())), output.Write(MemoryMarshal.AsBytes(offsets.AsSpan())));
    }

    /// <summary>One run after the other.</summary>
    private sealed class Output(JournalDisk disk, SafeFileHandle file)
    {
        private long _length;

        public ColumnSection Write(ReadOnlySpan<byte> bytes)
        {
            var section = new ColumnSection(_length, bytes.Length, Crc32C.Compute(bytes));
            if (!bytes.IsEmpty)
            {
                disk.Write(file, bytes, _length);
                _length += bytes.Length;
            }

            return section;
        }
    }
}
