namespace Gateway.Core.Journal;

/// <summary>Encodes a payload into the space given.</summary>
/// <returns>Bytes written.</returns>
public delegate int PayloadWriter<in T>(T value, Span<byte> destination);

/// <summary>How a log is kept.</summary>
public sealed record SegmentLogOptions
{
    public required string Folder { get; init; }

    /// <summary>Stands in every record.</summary>
    public required Guid Producer { get; init; }

    /// <summary>Stands in every record; greater than at every earlier start.</summary>
    public required uint Epoch { get; init; }

    /// <summary>A segment that has grown to this size is closed by the next sync. It may be a little longer.</summary>
    public long SegmentBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>A record that is known to have existed, with all before it; 0 for none.</summary>
    public long LastKnownSeq { get; init; }

    /// <summary>A segment that is known to have existed, with all before it; 0 for none. Its number and theirs are not given again.</summary>
    public int LastKnownOrdinal { get; init; }

    /// <summary>Closed segments that were found whole before and have not changed since, by ordinal: they are neither read nor replayed. Null for none.</summary>
    public Func<int, KnownSegment?>? Known { get; init; }

    /// <summary>Called after the last record of a segment was replayed.</summary>
    public Action<KnownSegment>? Replayed { get; init; }

    /// <summary>How long after an append the background makes it durable, or null when the owner calls <see cref="SegmentLog.Sync"/>.</summary>
    /// <remarks>20 syncs a second at most. The death of the process loses nothing, whatever this is; a loss of power loses this much.</remarks>
    public TimeSpan? SyncAfter { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public JournalDisk Disk { get; init; } = JournalDisk.Real;

    /// <summary>Called once, with the error, when the log has stopped for ever. On a thread of the pool and without a lock.</summary>
    public Action<Exception>? Failed { get; init; }

    /// <summary>Called after records became durable, on the thread that did it.</summary>
    public Action? Synced { get; init; }
}
