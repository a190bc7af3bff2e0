namespace Gateway.Core.Journal;

/// <summary>How the Router's journal is kept.</summary>
public sealed record UsageJournalOptions
{
    /// <summary>Size at which a segment is closed.</summary>
    public long SegmentBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Most bytes that may wait for the Usage service.</summary>
    public long MaxUnshippedBytes { get; init; } = 8L * 1024 * 1024 * 1024;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public JournalDisk Disk { get; init; } = JournalDisk.Real;

    /// <summary>Called once when the disk failed. The process must end: nothing may be dispatched any more.</summary>
    public Action<Exception>? Failed { get; init; }
}
