using System.Globalization;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;
using Gateway.Usage.Ledger.PostgreSql;
using Npgsql;

namespace Gateway.Usage.Commands;

/// <summary>
/// <c>move --to postgres</c>: takes every record of the embedded ledger into PostgreSQL, with evidence, gaps and marks, as it came. Each piece is one transaction; what is there already is left, so that the command can
/// be given again after a break. The embedded ledger stays as it is.
/// </summary>
internal sealed class MoveCommand(ILedgerSource source, LedgerDatabase database, TextWriter output)
{
    private const int PieceRecords = 500;
    private const int TellEvery = 100_000;

    private readonly LedgerPartitions _partitions = new();
    private readonly UsageCounters _read = new();
    private readonly UsageCounters _found = new();
    private readonly List<string> _problems = [];
    private long _added;
    private bool _isCarried;

    /// <returns>0 when the one is in the other, 1 when something is not.</returns>
    /// <exception cref="CommandException">It broke off; give it again.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await source.CarriedAsync(cancellationToken) is not null)
            {
                _isCarried = true;
                await foreach (var part in source.PartsAsync(cancellationToken))
                {
                    await TakeAsync(part, cancellationToken);
                }
            }

            var piece = new List<LedgerRecord>(PieceRecords);
            await foreach (var record in source.ReadAsync(cancellationToken))
            {
                piece.Add(record);
                if (piece.Count == PieceRecords)
                {
                    await TakeAsync(piece, cancellationToken);
                    piece.Clear();
                }
            }

            await TakeAsync(piece, cancellationToken);
            while (await database.ChangeAsync(LedgerRollup.StepAsync, cancellationToken) > 0)
            {
            }
        }
        catch (LedgerUnavailableException exception)
        {
            throw new CommandException($"{exception.Message} Moved so far: {_found.Requests} requests. Give the command again: it goes on where it stopped.", exception);
        }
        catch (LedgerFullException exception)
        {
            throw new CommandException("The disk of PostgreSQL is full. Make room and give the command again: it goes on where it stopped.", exception);
        }

        return await TellAsync();
    }

    private async Task TakeAsync(CarriedPart part, CancellationToken cancellationToken)
    {
        var (found, isNew) = await database.ChangeAsync(
            async (connection, token) =>
            {
                foreach (var producer in part.Marks.Select(static mark => mark.Producer).Distinct().Order())
                {
                    await LedgerWriter.LockAsync(connection, producer, token);
                }

                return await LedgerCarriedParts.CameAsRecordsAsync(connection, part, token)
                    ? throw new CommandException(
                        $"{source.Name} keeps days as sums that are in PostgreSQL as requests already: Usage ran on it after an earlier move. They would count twice. Move into an empty database, or go on with this one.")
                    : await LedgerCarriedParts.TakeAsync(connection, part, token);
            },
            cancellationToken);
        _read.Add(part.Total);
        _found.Add(found);
        _added += isNew ? found.Requests : 0;
    }

    private async Task TakeAsync(List<LedgerRecord> piece, CancellationToken cancellationToken)
    {
        var (rows, refused, gaps, marks) = (new List<LedgerRow>(), new List<RefusedRecord>(), new List<LostRecords>(), new Dictionary<(Guid, uint), long>());
        var corrections = new List<CostCorrection>();
        foreach (var record in piece)
        {
            if (record.Type is JournalRecordType.Correction)
            {
                if (TryOpenCorrection(record) is { } correction && !await TryTakeAsPartAsync(correction, rows, cancellationToken))
                {
                    corrections.Add(correction.Correction);
                }

                continue;
            }

            var origin = record.Origin;
            marks[(origin.Producer, origin.Epoch)] = Math.Max(origin.Seq, marks.GetValueOrDefault((origin.Producer, origin.Epoch)));
            if (record.Type is JournalRecordType.Final && TryOpen(record) is { } row)
            {
                rows.Add(row);
            }
            else if (record.Type is JournalRecordType.Void)
            {
                refused.Add(new RefusedRecord(origin, record.RequestId, record.Version, record.Payload, "refused by the embedded ledger"));
            }
            else if (record.Type is JournalRecordType.Checkpoint && record.GapFrom > 0)
            {
                gaps.Add(new LostRecords(origin, record.GapFrom));
            }
        }

        var result = await database.ChangeAsync(
            async (connection, token) =>
            {
                _partitions.Forget();
                foreach (var producer in marks.Keys.Select(static mark => mark.Item1).Distinct().Order())
                {
                    await LedgerWriter.LockAsync(connection, producer, token);
                }

                var others = new List<LedgerRow>();
                var taken = await new LedgerWriter(_partitions).AddAsync(connection, rows, (row, isSame) => others.AddRange(isSame ? [] : [row]), token);
                RefusedRecord[] evidence = [.. refused, .. others.Select(static row => new RefusedRecord(row.Origin, row.RequestId, row.Version, row.Payload, BatchPlan.OtherRecord))];
                await LedgerWriter.KeepAsync(connection, evidence, gaps, token);
                await LedgerWriter.MarkAsync(connection, marks, token);
                var corrected = corrections.Count == 0 ? [] : await LedgerCorrections.TakeAsync(connection, corrections, token);
                return (taken.Count, others, await FoundAsync(connection, rows, corrections, token), corrected);
            },
            cancellationToken);

        // Only now: a transaction that is tried again counts once.
        _added += result.Count;
        _found.Add(result.Item3);
        _problems.AddRange(result.others.Select(static row => $"request {row.RequestId}: PostgreSQL has another record of it; this one was kept as evidence"));
        _problems.AddRange(result.corrected.Where(static correction => correction.Outcome is CorrectionOutcome.Refused)
            .Select(static correction => $"correction {correction.Id}: {correction.Reason}"));
        corrections.ForEach(correction => _read.AddCharge(default, correction.DifferenceNanoUsd));
        var told = _read.Requests / TellEvery;
        foreach (var row in rows)
        {
            _read.AddRequest();
            _read.AddCharge(row.Final.Usage, row.Final.CostNanoUsd);
        }

        if (_read.Requests / TellEvery > told)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{_read.Requests} requests ..."));
        }
    }

    // What PostgreSQL says of the requests of a piece, of its records as it has them.
    private static async Task<UsageCounters> FoundAsync(NpgsqlConnection connection, List<LedgerRow> rows, List<CostCorrection> corrections, CancellationToken cancellationToken)
    {
        var found = new UsageCounters();
        if (corrections.Count > 0)
        {
            await using var add = LedgerSql.Command(
                connection, "select coalesce(sum(new_nano_usd - old_nano_usd), 0)::bigint from gateway_ledger_corrections where id = any($1)", corrections.Select(static correction => correction.Id).ToArray());
            found.AddCharge(default, (long)(await add.ExecuteScalarAsync(cancellationToken))!);
        }

        await using var ask = LedgerSql.Command(
            connection,
            "select r.version, r.request_id, r.payload, r.total_cost_nano_usd from gateway_ledger_ids as i join gateway_ledger_requests as r on r.time_ms = i.time_ms and r.row_no = i.row_no where i.request_id = any($1)",
            rows.Select(static row => row.RequestId).ToArray());
        await using var records = await ask.ExecuteReaderAsync(cancellationToken);
        while (await records.ReadAsync(cancellationToken))
        {
            var final = UsageRecordCodec.ReadFinal((byte)records.GetInt16(0), records.GetGuid(1), records.GetFieldValue<byte[]>(2));
            found.AddRequest();
            found.AddCharge(final.Usage, records.GetInt64(3));
        }

        return found;
    }

    private LedgerRow? TryOpen(in LedgerRecord record)
    {
        try
        {
            return new LedgerRow(record.Open(), record.Origin, record.Version, record.Payload);
        }
        catch (InvalidDataException exception)
        {
            _problems.Add($"request {record.RequestId}: its record cannot be read and was not moved: {exception.Message}");
            return null;
        }
    }

    // What corrects a request that is gone from the source is a sum by itself: there is no request to correct. Requests come before their corrections.
    private async Task<bool> TryTakeAsPartAsync(CorrectionRecord correction, List<LedgerRow> rows, CancellationToken cancellationToken)
    {
        var id = correction.Correction.RequestId;
        if (!_isCarried || rows.Exists(row => row.RequestId == id)
            || await database.AskAsync((connection, token) => LedgerSql.NumberAsync(LedgerSql.Command(connection, "select count(*) from gateway_ledger_ids where request_id = $1", id), token), cancellationToken) > 0)
        {
            return false;
        }

        await TakeAsync(CarriedPart.Of(correction), cancellationToken);
        return true;
    }

    private CorrectionRecord? TryOpenCorrection(in LedgerRecord record)
    {
        try
        {
            return record.OpenCorrection();
        }
        catch (InvalidDataException exception)
        {
            _problems.Add($"request {record.RequestId}: a correction of its cost cannot be read and was not moved: {exception.Message}");
            return null;
        }
    }

    private async Task<int> TellAsync()
    {
        foreach (var problem in _problems.Concat(source.Problems))
        {
            await output.WriteLineAsync(problem);
        }

        var isSame = _read.Requests == _found.Requests && _read.CostNanoUsd == _found.CostNanoUsd && _read.InputTokens == _found.InputTokens && _read.OutputTokens == _found.OutputTokens;
        await output.WriteLineAsync(Line("read", _read));
        await output.WriteLineAsync(Line("in PostgreSQL", _found) + string.Create(CultureInfo.InvariantCulture, $" ({_added} of them new)"));
        var isGood = isSame && _problems.Count == 0 && source.Problems.Count == 0;
        await output.WriteLineAsync(isGood ? "Both ledgers agree." : "The ledgers do not agree: see above.");
        return isGood ? 0 : 1;
    }

    private static string Line(string what, UsageCounters sum) => string.Create(
        CultureInfo.InvariantCulture, $"{what}: {sum.Requests} requests, {sum.InputTokens} tokens in, {sum.OutputTokens} out, {VerifyCommand.Usd(sum.CostNanoUsd)} USD");
}
