using System.Collections.Immutable;
using Gateway.Core.Journal;

namespace Gateway.Usage.Ledger.Carried;

/// <summary>The carried sums of a folder as a start or a command finds them. The files that are whole stay open. Not thread-safe.</summary>
internal sealed class SumFolder
{
    private SumFolder(List<SumReading> readings)
    {
        Readings = readings;
        Sums = readings.Where(static reading => reading.File is not null).ToImmutableSortedDictionary(static reading => reading.Segment, static reading => reading.File!);
        LastSegment = readings.Count == 0 ? 0 : readings.Max(static reading => reading.Segment);
        NewestMs = readings.Max(static reading => reading.Head?.NewestMs) ?? long.MinValue;
        foreach (var reading in readings)
        {
            if (reading.Head is { } head)
            {
                if (head.FirstSeq > LastSeq + 1)
                {
                    Gaps.Add(new JournalGap(LastSeq + 1, head.FirstSeq - 1));
                }

                Gaps.AddRange(reading.Known?.Gaps ?? []);
                LastSeq = Math.Max(LastSeq, head.LastSeq);
            }
        }
    }

    /// <summary>Each file, oldest segment first, whole or not.</summary>
    public IReadOnlyList<SumReading> Readings { get; }

    public ImmutableSortedDictionary<int, SumFile> Sums { get; }

    /// <summary>The last segment that was carried; 0 for none.</summary>
    public int LastSegment { get; }

    /// <summary>The last record of the ledger in it; 0 for none.</summary>
    public long LastSeq { get; }

    /// <summary>When the newest request that was carried arrived; the least number for none.</summary>
    public long NewestMs { get; }

    /// <summary>Records that were missing when their segments were carried.</summary>
    public List<JournalGap> Gaps { get; } = [];

    /// <summary>Files that do not count, because their segments are there and they are damaged or of others.</summary>
    public IReadOnlyList<string> Aside { get; private init; } = [];

    /// <summary>Requests before it may have been carried; MinValue for none.</summary>
    public static DateTimeOffset KeptFrom(long newestMs) =>
        newestMs == long.MinValue ? DateTimeOffset.MinValue : DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(newestMs, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() - 1) + 1);

    /// <summary>Opens the files and changes nothing. Sums beside a segment that is there still count when they are whole, and the segment does not.</summary>
    public static SumFolder Look(string folder, NameTable names)
    {
        var (readings, aside) = (new List<SumReading>(), new List<string>());
        foreach (var (segment, path) in SumDirectory.List(folder))
        {
            var reading = SumFile.Open(path, segment, names);
            if (new FileInfo(SegmentFiles.Path(folder, segment)) is { Exists: true } source && !IsOf(reading, source))
            {
                reading.File?.Dispose();
                aside.Add(Path.GetFileName(path));
                continue;
            }

            readings.Add(reading);
        }

        return new SumFolder(readings) { Aside = aside };
    }

    /// <summary>Opens the files, after it has finished what a process left that died.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static SumFolder Open(string folder, JournalDisk disk, NameTable names, ILogger logger)
    {
        var readings = new List<SumReading>();
        foreach (var (segment, path) in SumDirectory.List(folder))
        {
            var reading = SumFile.Open(path, segment, names);
            if (new FileInfo(SegmentFiles.Path(folder, segment)) is { Exists: true } source)
            {
                if (!IsOf(reading, source))
                {
                    reading.File?.Dispose();
                    var aside = SegmentFiles.QuarantineName(path);
                    File.Move(path, aside);
                    disk.SyncFolder(folder);
                    logger.SumsPutAside(Path.GetFileName(path), Path.GetFileName(aside));
                    continue;
                }

                // Only after the sums have their name for good.
                disk.SyncFolder(folder);
                source.Delete();
                disk.SyncFolder(folder);
                logger.CarryFinished(segment);
            }

            if (reading.Problem is { } problem)
            {
                logger.SumsDamaged(Path.GetFileName(path), problem);
            }

            readings.Add(reading);
        }

        return new SumFolder(readings);
    }

    public void Close()
    {
        foreach (var sums in Sums.Values)
        {
            sums.Dispose();
        }
    }

    // Where both are there, the sums must be whole and of this very segment; else it is the truth.
    private static bool IsOf(SumReading reading, FileInfo segment) => reading.File?.SegmentLength == segment.Length;
}
