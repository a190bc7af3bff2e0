using Gateway.Core.Journal;

namespace Gateway.Router.Settlement;

/// <summary>Event ids 3500-3599.</summary>
internal static partial class SettlementLog
{
    [LoggerMessage(3500, LogLevel.Critical, "The usage journal cannot be written any more. This Router takes no more requests and stops.")]
    public static partial void JournalFailed(this ILogger logger, Exception exception);

    [LoggerMessage(3501, LogLevel.Information, "Usage journal {Folder} is open: producer {Producer}, epoch {Epoch}, last record {LastSeq}, acknowledged {AcknowledgedSeq}.")]
    public static partial void Opened(this ILogger logger, string folder, Guid producer, uint epoch, long lastSeq, long acknowledgedSeq);

    [LoggerMessage(3502, LogLevel.Error, "The usage journal {Folder} lacks records {FromSeq} to {ToSeq}. What they recorded is lost to the ledger.")]
    public static partial void GapFound(this ILogger logger, string folder, long fromSeq, long toSeq);

    [LoggerMessage(3503, LogLevel.Error, "A segment of the usage journal {Folder} was damaged at {Stretches} places, first at byte {Offset}; it was put aside as {File}, its good records kept.")]
    public static partial void SegmentDamaged(this ILogger logger, string folder, string file, int stretches, long offset);

    [LoggerMessage(3504, LogLevel.Warning, "The usage journal {Folder} ended in an unfinished record: {Bytes} bytes cut off segment {Segment} at byte {Offset}.")]
    public static partial void TailCut(this ILogger logger, string folder, string segment, long offset, long bytes);

    [LoggerMessage(3505, LogLevel.Warning, "{Requests} requests of a Router that died were ended in the journal {Folder}, with their input estimated.")]
    public static partial void RequestsRecovered(this ILogger logger, string folder, int requests);

    [LoggerMessage(3506, LogLevel.Error, "{Intents} records in the journal {Folder} have a newer layout and cannot be ended by this build.")]
    public static partial void IntentsUnreadable(this ILogger logger, string folder, int intents);

    [LoggerMessage(3510, LogLevel.Warning, "The Usage service does not take records ({Reason}); they wait in the journal.")]
    public static partial void UsageAway(this ILogger logger, string reason);

    [LoggerMessage(3511, LogLevel.Information, "The Usage service takes records again after {Failures} failed batches.")]
    public static partial void UsageBack(this ILogger logger, int failures);

    [LoggerMessage(3512, LogLevel.Warning, "The Usage service expects record {ExpectedSeq}; sending again from there.")]
    public static partial void Rewound(this ILogger logger, long expectedSeq);

    [LoggerMessage(3513, LogLevel.Error, "Records {FromSeq} to {ToSeq} are not in the journal any more; the ledger is told that it lacks them.")]
    public static partial void GapDeclared(this ILogger logger, long fromSeq, long toSeq);

    [LoggerMessage(3514, LogLevel.Error, "The shipper failed and tries again.")]
    public static partial void ShipperFailed(this ILogger logger, Exception exception);

    [LoggerMessage(3515, LogLevel.Warning, "{Records} records stay in the journal for the next start.")]
    public static partial void LeftForNextStart(this ILogger logger, long records);

    [LoggerMessage(3516, LogLevel.Information, "Took over the journal {Folder} that no process uses; {Records} records are shipped from it.")]
    public static partial void Adopted(this ILogger logger, string folder, long records);

    [LoggerMessage(3517, LogLevel.Error, "The journal {Folder} that no process uses cannot be taken over.")]
    public static partial void AdoptionFailed(this ILogger logger, string folder, Exception exception);

    [LoggerMessage(3518, LogLevel.Warning, "The folder {Folder} cannot be searched for journals that no process uses; it is tried again.")]
    public static partial void LookFailed(this ILogger logger, string folder, Exception exception);

    /// <summary>What a recovery found.</summary>
    public static void Report(this ILogger logger, UsageJournal journal)
    {
        var recovery = journal.Log.Recovery;
        foreach (var gap in recovery.Gaps)
        {
            logger.GapFound(journal.Folder, gap.FromSeq, gap.ToSeq);
        }

        foreach (var damaged in recovery.Damaged)
        {
            logger.SegmentDamaged(journal.Folder, damaged.QuarantinedAs, damaged.Damage.Count, damaged.Damage is [var first, ..] ? first.Offset : 0);
        }

        if (recovery.TornTail is { } tail)
        {
            logger.TailCut(journal.Folder, tail.Segment, tail.Offset, tail.Length);
        }

        if (journal.RecoveredRequests > 0)
        {
            logger.RequestsRecovered(journal.Folder, journal.RecoveredRequests);
        }

        if (journal.UnreadableIntents > 0)
        {
            logger.IntentsUnreadable(journal.Folder, journal.UnreadableIntents);
        }
    }
}
