namespace Gateway.Core.Journal;

/// <summary>Records that a journal should hold and does not.</summary>
/// <param name="FromSeq">First one missing.</param>
/// <param name="ToSeq">Last one missing.</param>
public readonly record struct JournalGap(long FromSeq, long ToSeq);

/// <summary>A segment with bytes that are no records. Its good records live on in a fresh copy; the file itself was put aside.</summary>
/// <param name="QuarantinedAs">File name that the damaged original has now.</param>
/// <param name="Damage">Damaged stretches of the original.</param>
public sealed record DamagedSegment(string QuarantinedAs, IReadOnlyList<DamagedBytes> Damage);

/// <summary>A damaged stretch.</summary>
public readonly record struct DamagedBytes(long Offset, long Length);

/// <summary>The unfinished end of the last segment, which was cut off: records that nobody was told about.</summary>
public sealed record TornTail(string Segment, long Offset, long Length);

/// <summary>What was found when a journal was opened. Empty after a clean end.</summary>
public sealed record RecoveryReport
{
    public static readonly RecoveryReport Clean = new();

    public IReadOnlyList<JournalGap> Gaps { get; init; } = [];

    public IReadOnlyList<DamagedSegment> Damaged { get; init; } = [];

    public TornTail? TornTail { get; init; }
}
