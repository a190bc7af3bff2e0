using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Columns;

namespace Gateway.Usage.Ledger.Carried;

/// <summary>Writes the sums of a closed segment, from its records and only when its columns say the same: there is a whole file under its name, or none. The segment stays. One at a time.</summary>
internal sealed class SegmentCarrier(string folder, JournalDisk disk, NameTable names, ILogger logger)
{
    /// <returns>The sums, durable; null when something is wrong with the segment, which was said.</returns>
    /// <exception cref="IOException">The disk failed, or has no room. Asked again, it begins again.</exception>
    public SumReading? Write(ColumnFile columns, CancellationToken cancellationToken)
    {
        var reading = new CarriedSegment(columns, names, cancellationToken);
        if (reading.Read(folder) is { } problem)
        {
            logger.SegmentNotCarried(columns.Segment, problem);
            return null;
        }

        var path = SumDirectory.PathOf(folder, columns.Segment);
        File.Delete(path + ".new");
        WriteNew(path + ".new", columns.Known, reading);

        // What was written, as reports will read it, is what the columns say: then it may stand for them.
        var opened = SumFile.Open(path + ".new", columns.Segment, names);
        if (opened.File is not { } sums)
        {
            throw new IOException($"The sums of segment {columns.Segment} of the ledger cannot be read back: {opened.Problem}.");
        }

        try
        {
            if (!Print(sums).SequenceEqual(Print(columns)))
            {
                sums.Dispose();
                File.Delete(path + ".new");
                logger.SegmentNotCarried(columns.Segment, "its sums are others than those of its columns");
                return null;
            }

            File.Move(path + ".new", path, overwrite: true);
            disk.SyncFolder(folder);
            return opened;
        }
        catch
        {
            sums.Dispose();
            throw;
        }
    }

    private void WriteNew(string path, KnownSegment segment, CarriedSegment read)
    {
        using var file = disk.Create(path);
        var output = new ColumnOutput(disk, file);
        output.Write(new SumHead(segment.Info.Ordinal, segment.Info.FirstSeq, segment.Info.LastSeq, read.NewestMs).ToBytes());
        var directory = new SumDirectory
        {
            SegmentLength = new FileInfo(SegmentFiles.Path(folder, segment.Info.Ordinal)).Length,
            Rows = read.Sums.Count,
            MinTime = read.Sums.MinTime,
            MaxTime = read.Sums.MaxTime,
            Columns = ColumnBytes.Write(output, read.Sums),
            Names = output.Write(read.Names.ToBytes()),
            Kept = output.Write(read.Kept),
            Facts = output.Write(read.Facts.ToBytes(segment)),
        };
        output.Write(directory.ToBytes());
        disk.Sync(file);
    }

    // Each measure's total, and again with a number for all that the row can be split by: rows that were added up give the same, and rows that were added to others do not.
    private static Int128[] Print(ISegmentRows rows)
    {
        var (print, block) = (new Int128[LedgerColumns.Measures.Length * 2], new RowBlock());
        for (var first = 0; first < rows.Count; first += RowBlock.MaxRows)
        {
            block.Move(rows, first);
            for (var row = 0; row < block.Count; row++)
            {
                var time = block[LedgerColumn.Time][row];
                var group = Mix(0, time - (time % LedgerColumns.MsPerHour));
                for (var column = LedgerColumn.Key; column <= LedgerColumn.Status; column++)
                {
                    group = Mix(group, block[column][row]);
                }

                for (var measure = 0; measure < LedgerColumns.Measures.Length; measure++)
                {
                    var value = block[LedgerColumns.Measures[measure]][row];
                    print[measure * 2] += value;
                    print[(measure * 2) + 1] = (print[(measure * 2) + 1] + ((Int128)value * group)) & ulong.MaxValue;
                }
            }
        }

        return print;
    }

    private static uint Mix(uint group, long value)
    {
        var mixed = ((group * 0x9E37_79B9_7F4A_7C15) ^ (ulong)value) * 0xBF58_476D_1CE4_E5B9;
        return (uint)(mixed ^ (mixed >> 32));
    }
}
