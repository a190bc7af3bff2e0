using System.Runtime.InteropServices;
using Gateway.Core.Journal;

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
            var output = new ColumnOutput(disk, file);
            output.Write(ColumnDirectory.Magic);
            var rows = open.Snapshot();
            var columns = ColumnBytes.Write(output, rows);
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

    private static (ColumnSection Ids, ColumnSection Offsets) WriteIds(ColumnOutput output, IReadOnlyDictionary<Guid, uint> ids)
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
}
