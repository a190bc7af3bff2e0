using Gateway.Core.Journal;

namespace Gateway.Usage.Ledger;

/// <summary>Event ids 5000-5099.</summary>
internal static partial class LedgerLog
{
    [LoggerMessage(5000, LogLevel.Critical, "The ledger cannot be written any more. This service stops; the Routers keep their records.")]
    public static partial void LedgerFailed(this ILogger logger, Exception exception);

    [LoggerMessage(5001, LogLevel.Information, "Ledger {Folder} is open with {Requests} requests; its last record is {LastSeq}.")]
    public static partial void Opened(this ILogger logger, string folder, long requests, long lastSeq);

    [LoggerMessage(5002, LogLevel.Error, "The ledger {Folder} lacks its records {FromSeq} to {ToSeq}: requests are missing from the reports.")]
    public static partial void GapFound(this ILogger logger, string folder, long fromSeq, long toSeq);

    [LoggerMessage(5003, LogLevel.Error, "A segment of the ledger {Folder} was damaged at {Stretches} places, first at byte {Offset}; it was put aside as {File}, its good records kept.")]
    public static partial void SegmentDamaged(this ILogger logger, string folder, string file, int stretches, long offset);

    [LoggerMessage(5004, LogLevel.Warning, "The ledger {Folder} ended in an unfinished record: {Bytes} bytes cut off segment {Segment} at byte {Offset}.")]
    public static partial void TailCut(this ILogger logger, string folder, string segment, long offset, long bytes);

    [LoggerMessage(5005, LogLevel.Error, "{Records} records of the ledger {Folder} have a newer layout and are missing from the reports of this build.")]
    public static partial void RecordsUnreadable(this ILogger logger, string folder, int records);

    [LoggerMessage(5006, LogLevel.Error, "A request is missing from a report: its record cannot be read.")]
    public static partial void RecordDamaged(this ILogger logger, Exception exception);

    [LoggerMessage(5007, LogLevel.Warning, "The columns {File} of the ledger are damaged, of another layout, or of a segment that has changed. They are made again from the segment.")]
    public static partial void ColumnsStale(this ILogger logger, string file);

    [LoggerMessage(5008, LogLevel.Error, "The columns {File} of the ledger cannot be read. They are made again from the segment.")]
    public static partial void ColumnsUnreadable(this ILogger logger, Exception exception, string file);

    [LoggerMessage(5009, LogLevel.Error, "The columns of segment {Segment} of the ledger cannot be written. No record is lost; they stay in memory until the next start.")]
    public static partial void ColumnsNotWritten(this ILogger logger, Exception exception, int segment);

    [LoggerMessage(5010, LogLevel.Warning, "A batch of journal {Producer}, epoch {Epoch}, begins at record {FirstSeq}; {ExpectedSeq} is the next one.")]
    public static partial void BatchBeginsLate(this ILogger logger, Guid producer, uint epoch, long firstSeq, long expectedSeq);

    [LoggerMessage(5011, LogLevel.Error, "Journal {Producer} went back: in epoch {Epoch} it counts from {Seq}, where {ExpectedSeq} is the next one. It was restored or copied.")]
    public static partial void JournalWentBack(this ILogger logger, Guid producer, uint epoch, long seq, long expectedSeq);

    [LoggerMessage(5012, LogLevel.Error, "Journal {Producer} has lost its records {FromSeq} to {ToSeq}; what they recorded is missing from the ledger.")]
    public static partial void GapTold(this ILogger logger, Guid producer, long fromSeq, long toSeq);

    [LoggerMessage(5013, LogLevel.Error, "The record of request {RequestId} from journal {Producer}, number {Seq}, is refused: {Reason}. It is kept as evidence.")]
    public static partial void RecordRefused(this ILogger logger, Guid requestId, Guid producer, long seq, string reason);

    [LoggerMessage(5014, LogLevel.Warning, "The cost of request {RequestId}, {CostNanoUsd} nano-USD, is not what its price makes of its tokens.")]
    public static partial void CostDiffers(this ILogger logger, Guid requestId, long costNanoUsd);

    [LoggerMessage(5015, LogLevel.Warning, "The {Attempts} attempts of request {RequestId} do not add up to what it is charged for; all of it is counted at the deployment that answered.")]
    public static partial void AttemptsDiffer(this ILogger logger, Guid requestId, int attempts);

    [LoggerMessage(5020, LogLevel.Information, "Segment {Segment} of the ledger was carried into sums, with {Requests} requests.")]
    public static partial void SegmentCarried(this ILogger logger, int segment, int requests);

    [LoggerMessage(5021, LogLevel.Error, "Segment {Segment} of the ledger is not carried into sums, nor any after it: {Problem}. It stays as it is.")]
    public static partial void SegmentNotCarried(this ILogger logger, int segment, string problem);

    [LoggerMessage(5022, LogLevel.Error, "The carried sums {File} of the ledger are damaged: {Problem}. The requests in them are missing from the reports, and nothing can make them again: put the file back from a backup.")]
    public static partial void SumsDamaged(this ILogger logger, string file, string problem);

    [LoggerMessage(5023, LogLevel.Warning, "The carried sums {File} of the ledger are damaged or not those of their segment, which is there still and counts. They were put aside as {Aside}.")]
    public static partial void SumsPutAside(this ILogger logger, string file, string aside);

    [LoggerMessage(5024, LogLevel.Information, "Segment {Segment} of the ledger was carried into sums before this start. Its file is deleted now.")]
    public static partial void CarryFinished(this ILogger logger, int segment);

    /// <summary>What a recovery found.</summary>
    public static void Report(this ILogger logger, string folder, RecoveryReport recovery, int unreadable)
    {
        foreach (var gap in recovery.Gaps)
        {
            logger.GapFound(folder, gap.FromSeq, gap.ToSeq);
        }

        foreach (var damaged in recovery.Damaged)
        {
            logger.SegmentDamaged(folder, damaged.QuarantinedAs, damaged.Damage.Count, damaged.Damage is [var first, ..] ? first.Offset : 0);
        }

        if (recovery.TornTail is { } tail)
        {
            logger.TailCut(folder, tail.Segment, tail.Offset, tail.Length);
        }

        if (unreadable > 0)
        {
            logger.RecordsUnreadable(folder, unreadable);
        }
    }
}
