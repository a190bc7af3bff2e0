using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Columns;

namespace Gateway.Usage.Ledger.Corrections;

/// <summary>Corrections in the embedded ledger: decides about each and appends it; finds those of a request. One call of <see cref="Apply"/> at a time, the rest is thread-safe.</summary>
internal sealed class CorrectionApplier(SegmentLog log, LedgerSegments segments, SegmentHandles handles, ILogger logger)
{
    /// <returns>After those that were taken are durable.</returns>
    public IReadOnlyList<CorrectionResult> Apply(IReadOnlyList<CostCorrection> corrections)
    {
        var results = new CorrectionResult[corrections.Count];
        var buffer = new byte[RecordFrame.MaxFrameBytes];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = Take(corrections[i], buffer);
        }

        // Also when all were there before: what an earlier, unanswered call wrote is acknowledged now.
        log.Sync();
        segments.CloseFull();
        return results;
    }

    /// <summary>The corrections of a request in their order. One that cannot be read any more is left out, and said.</summary>
    /// <param name="requestId">The request.</param>
    /// <param name="seen">Segments as they were when the request was looked for.</param>
    public IReadOnlyList<CostCorrection> Of(Guid requestId, IReadOnlyList<ISegmentRows> seen)
    {
        if (segments.LocateCorrection(CorrectionCodec.KeyOf(requestId, 1), seen) is not { } first)
        {
            return [];
        }

        var (corrections, buffer) = (new List<CostCorrection>(), new byte[RecordFrame.MaxFrameBytes]);
        RecordLocation? next = first;
        for (var number = 2; next is { } location; number++)
        {
            try
            {
                corrections.Add(handles.ReadCorrection(location, buffer).Correction);
            }
            catch (InvalidDataException exception)
            {
                logger.RecordDamaged(exception);
            }

            next = segments.LocateCorrection(CorrectionCodec.KeyOf(requestId, number), seen);
        }

        return corrections;
    }

    private CorrectionResult Take(CostCorrection correction, byte[] buffer)
    {
        if (CorrectionCheck.Malformed(correction) is { } malformed)
        {
            return malformed;
        }

        try
        {
            if (segments.LocateCorrection(CorrectionCodec.KeyOf(correction.Id)) is { } kept)
            {
                return CorrectionCheck.Repeated(correction, handles.ReadCorrection(kept, buffer).Correction);
            }

            if (segments.Locate(correction.RequestId) is not { } location)
            {
                return CorrectionCheck.Unknown(correction, segments.KeptFrom);
            }

            var final = handles.Read(new RequestPlace(0, location.Segment, checked((uint)location.Offset)), buffer).Final;
            var (present, number) = (final.CostNanoUsd, 1);
            for (; segments.LocateCorrection(CorrectionCodec.KeyOf(correction.RequestId, number)) is { } earlier; number++)
            {
                present = handles.ReadCorrection(earlier, buffer).Correction.NewNanoUsd;
            }

            if (CorrectionCheck.Outdated(correction, present) is { } outdated)
            {
                return outdated;
            }

            var record = new CorrectionRecord(correction, number, final.Intent, final.Status);
            var at = log.Append(JournalRecordType.Correction, CorrectionCodec.Version, correction.RequestId, record, CorrectionCodec.Write, out _);
            segments.Add(record, at);
            return new CorrectionResult(correction.Id, CorrectionOutcome.Taken);
        }
        catch (InvalidDataException exception)
        {
            logger.RecordDamaged(exception);
            return CorrectionCheck.Unreadable(correction);
        }
    }
}
