using System.Globalization;
using System.Runtime.CompilerServices;
using Gateway.Core.Journal;
using Gateway.Core.Wire;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Carried;
using Gateway.Usage.Ledger.Columns;

namespace Gateway.Usage.Commands;

/// <summary>The embedded ledger's segments. Its folder is held meanwhile, so that no Usage writes into it; no segment is changed.</summary>
internal sealed class EmbeddedSource : ILedgerSource
{
    private readonly string _path;
    private readonly JournalFolder _folder;
    private readonly List<string> _problems = [];

    private EmbeddedSource(string path, JournalFolder folder) => (_path, _folder) = (path, folder);

    public string Name => $"the embedded ledger '{_path}'";

    public IReadOnlyList<string> Problems => _problems;

    public string? Note { get; private set; }

    /// <exception cref="CommandException">There is none, or it is in use.</exception>
    public static EmbeddedSource Open(string dataFolder, TimeProvider time)
    {
        var path = Path.GetFullPath(Path.Combine(dataFolder, "usage"));
        if (!Directory.Exists(path))
        {
            throw new CommandException($"There is no embedded ledger '{path}'. Set GATEWAY_DATA to the data folder of the Usage service.");
        }

        try
        {
            return new EmbeddedSource(path, JournalFolder.TryClaim(path, time)
                ?? throw new CommandException($"The ledger folder '{path}' is in use by a running Usage process. Stop it first; the Routers keep their records meanwhile."));
        }
        catch (JournalConfigurationException exception)
        {
            throw new CommandException(exception.Message, exception);
        }
    }

    public async IAsyncEnumerable<LedgerRecord> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        _problems.Clear();
        var (kept, scan) = Begin(_problems);
        foreach (var record in kept)
        {
            yield return record;
        }

        using var end = scan;
        while (scan.Next())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Take(scan.Record) is { } record)
            {
                yield return record;
            }
        }

        _problems.AddRange(scan.Problems);
        Note = scan.TornTail;
    }

    public async IAsyncEnumerable<LedgerRecord> CorrectionsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        var (_, scan) = Begin([]);
        using var end = scan;
        while (scan.Next())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (scan.Record.Type is JournalRecordType.Correction)
            {
                yield return Correction(scan.Record);
            }
        }
    }

    public Task<CarriedSums?> CarriedAsync(CancellationToken cancellationToken)
    {
        var names = new NameTable();
        var carried = SumFolder.Look(_path, names);
        try
        {
            var byDay = new SumScan(new UsageQuery([UsageDimension.Day]), names, EmbeddedLedger.MostGroups);
            foreach (var sums in carried.Sums.Values)
            {
                byDay.Add(sums, cancellationToken);
            }

            var counted = byDay.Finish();
            return Task.FromResult<CarriedSums?>(carried.Readings.Count == 0 ? null : new CarriedSums(SumFolder.KeptFrom(carried.NewestMs), counted.Total) { Days = counted.Groups.Count });
        }
        finally
        {
            carried.Close();
        }
    }

    public async IAsyncEnumerable<CarriedPart> PartsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        var names = new NameTable();
        var carried = SumFolder.Look(_path, names);
        try
        {
            foreach (var reading in carried.Readings)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return reading.Problem is null ? SumParts.Of(reading, names, _folder.Producer)
                    : throw new CommandException($"{Path.GetFileName(reading.Path)} is damaged: {reading.Problem}. What was carried into it would be lost: put the file back from a backup first.");
            }
        }
        finally
        {
            carried.Close();
        }
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>What carried segments left of records, evidence and what journals lost; then come the segments that are there.</summary>
    private (List<LedgerRecord> Kept, SegmentFolderScan Scan) Begin(List<string> problems)
    {
        var kept = new List<LedgerRecord>();
        var carried = SumFolder.Look(_path, new NameTable());
        try
        {
            foreach (var reading in carried.Readings)
            {
                reading.File?.VisitKept((in JournalRecord record, RecordLocation _) =>
                {
                    if (Take(record) is { } taken)
                    {
                        kept.Add(taken);
                    }
                });
                if (reading.Problem is { } problem)
                {
                    problems.Add($"{Path.GetFileName(reading.Path)}: {problem}: the requests that were carried into it are missing from the reports; put it back from a backup");
                }
            }

            problems.AddRange(carried.Aside.Select(static file => $"{file}: it is damaged or not of its segment, which is there still and counts; the next start puts it aside"));
            problems.AddRange(carried.Gaps.Select(static gap => string.Create(CultureInfo.InvariantCulture, $"records {gap.FromSeq} to {gap.ToSeq} of the ledger were missing when they should have been carried into sums")));
            return (kept, new SegmentFolderScan(_path, [.. carried.Sums.Keys], carried.LastSeq));
        }
        finally
        {
            carried.Close();
        }
    }

    private static LedgerRecord Correction(in JournalRecord record) => new(record.Type, record.Version, record.RequestId, default, 0, record.Payload.ToArray());

    private LedgerRecord? Take(in JournalRecord record)
    {
        if (record.Type is JournalRecordType.Correction)
        {
            return Correction(record);
        }

        try
        {
            var origin = LedgerRecords.ReadOrigin(record.Payload, out var rest);
            if (record.Type is JournalRecordType.Checkpoint)
            {
                var from = new WireReader(rest).ReadVarint();
                return new LedgerRecord(record.Type, record.Version, Guid.Empty, origin, from, []);
            }

            return new LedgerRecord(record.Type, record.Version, record.RequestId, origin, 0, rest.ToArray());
        }
        catch (InvalidDataException exception)
        {
            _problems.Add($"record {record.Seq} of the ledger makes no sense: {exception.Message}");
            return null;
        }
    }
}
