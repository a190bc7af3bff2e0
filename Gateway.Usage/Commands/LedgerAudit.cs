using System.Globalization;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;
using Gateway.Usage.Pricing;

namespace Gateway.Usage.Commands;

/// <summary>What is wrong with a ledger's records: each alone, and together. Not thread-safe.</summary>
internal sealed class LedgerAudit
{
    /// <summary>A ledger of which all is wrong must not fill the memory with sentences.</summary>
    private const int MostProblems = 1000;

    private readonly Dictionary<Guid, long> _requests = [];    // with their present cost
    private readonly HashSet<Guid> _corrections = [];
    private readonly UsageGrouping _byMonth = new(new UsageQuery([UsageDimension.Month]));
    private readonly List<string> _problems = [];

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Requests before it may have been carried into sums: their corrections can be there without them.</summary>
    public DateTimeOffset KeptFrom { get; init; }

    /// <summary>Problems found, listed or not.</summary>
    public long Found { get; private set; }

    /// <summary>Corrections that count.</summary>
    public long Corrections => _corrections.Count;

    /// <summary>What reports must say of these records.</summary>
    public UsageSums ByMonth => _byMonth.Sums;

    public void Add(string problem)
    {
        Found++;
        if (_problems.Count < MostProblems)
        {
            _problems.Add(problem);
        }
    }

    public void Take(in LedgerRecord record)
    {
        var (producer, epoch, seq) = record.Origin;
        switch (record.Type)
        {
            case JournalRecordType.Final:
                Check(record);
                break;
            case JournalRecordType.Correction:
                CheckCorrection(record);
                break;
            case JournalRecordType.Void:
                Add(string.Create(CultureInfo.InvariantCulture, $"request {record.RequestId}: a record was refused and is kept as evidence (journal {producer}, epoch {epoch}, record {seq})"));
                break;
            case JournalRecordType.Checkpoint when record.GapFrom > 0:
                Add(string.Create(CultureInfo.InvariantCulture, $"journal {producer}: records {record.GapFrom} to {seq} of epoch {epoch} were lost before they came"));
                break;
            default:
                break;
        }
    }

    private void Check(in LedgerRecord record)
    {
        if (!_requests.TryAdd(record.RequestId, 0))
        {
            Add($"request {record.RequestId}: it is in the ledger twice");
            return;
        }

        UsageFinal final;
        try
        {
            final = record.Open();
        }
        catch (InvalidDataException exception)
        {
            Add($"request {record.RequestId}: its record cannot be read: {exception.Message}");
            return;
        }

        if (CostCheck.Refuse(final) is { } reason)
        {
            Add($"request {record.RequestId}: {reason}");
        }

        if (!CostCheck.IsPriced(final))
        {
            Add(string.Create(CultureInfo.InvariantCulture, $"request {record.RequestId}: its cost of {final.CostNanoUsd} nano-USD is not what its price makes of its tokens"));
        }

        if (final.AttemptRecords.Count > 0 && !CostCheck.AddsUp(final))
        {
            Add(string.Create(CultureInfo.InvariantCulture, $"request {record.RequestId}: its {final.AttemptRecords.Count} attempts do not add up to what it is charged for"));
        }

        _requests[record.RequestId] = final.CostNanoUsd;
        _byMonth.Add(final);
    }

    private void CheckCorrection(in LedgerRecord record)
    {
        CorrectionRecord kept;
        try
        {
            kept = record.OpenCorrection();
        }
        catch (InvalidDataException exception)
        {
            Add($"request {record.RequestId}: a correction of its cost cannot be read: {exception.Message}");
            return;
        }

        var correction = kept.Correction;
        if (!_corrections.Add(correction.Id))
        {
            Add($"request {record.RequestId}: its correction {correction.Id} is in the ledger twice");
            return;
        }

        if (CorrectionCheck.Malformed(correction) is { } malformed)
        {
            Add($"request {record.RequestId}: its correction {correction.Id} makes no sense: {malformed.Reason}");
        }

        if (!_requests.TryGetValue(record.RequestId, out var present))
        {
            // What a carried one cost before stands in no record.
            if (kept.Intent.TimeUnixMs >= KeptFrom.ToUnixTimeMilliseconds())
            {
                Add($"request {record.RequestId}: the ledger has a correction of it and not the request");
            }
        }
        else if (present != correction.OldNanoUsd)
        {
            Add(string.Create(
                CultureInfo.InvariantCulture, $"request {record.RequestId}: its correction {correction.Id} is of a cost of {correction.OldNanoUsd} nano-USD, where it cost {present}"));
        }

        _requests[record.RequestId] = correction.NewNanoUsd;
        _byMonth.Add(kept);
    }
}
