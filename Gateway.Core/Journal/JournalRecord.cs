namespace Gateway.Core.Journal;

/// <summary>What a record says. The numbers stand on disk: never reuse one.</summary>
public enum JournalRecordType : byte
{
    /// <summary>A request is about to be dispatched (<see cref="UsageIntent"/>).</summary>
    Intent = 1,

    /// <summary>Reserved: what a running stream has cost so far.</summary>
    Progress = 2,

    /// <summary>How a request ended (<see cref="UsageFinal"/>).</summary>
    Final = 3,

    /// <summary>Something that must not be counted, kept as evidence.</summary>
    Void = 4,

    /// <summary>A note about the sequence itself, not about a request.</summary>
    Checkpoint = 5,

    /// <summary>Another cost of a request that is in the ledger. Ledgers only; no journal has it.</summary>
    Correction = 6,
}

/// <summary>One checked record. Valid as long as the bytes that it was read from.</summary>
public readonly ref struct JournalRecord
{
    public required JournalRecordType Type { get; init; }

    /// <summary>Version of the payload's layout.</summary>
    public required byte Version { get; init; }

    /// <summary>Journal that made the record.</summary>
    public required Guid Producer { get; init; }

    /// <summary>Start of the producer that made the record; grows with each.</summary>
    public required uint Epoch { get; init; }

    /// <summary>Position in the producer's journal, from 1 and without gaps.</summary>
    public required long Seq { get; init; }

    public required Guid RequestId { get; init; }

    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>The whole record as it lies on disk.</summary>
    public required ReadOnlySpan<byte> Frame { get; init; }
}

/// <summary>Where a record lies.</summary>
/// <param name="Segment">Ordinal of its segment.</param>
/// <param name="Offset">First byte of its frame in the file.</param>
public readonly record struct RecordLocation(int Segment, long Offset);
