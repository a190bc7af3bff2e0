using System.Runtime.CompilerServices;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.PostgreSql;
using Npgsql;

namespace Gateway.Usage.Commands;

/// <summary>The ledger in PostgreSQL, which may be in use meanwhile.</summary>
internal sealed class PostgresSource(LedgerDatabase database) : ILedgerSource
{
    private const int MaxRows = 1000;

    public string Name => "the ledger in PostgreSQL";

    public IReadOnlyList<string> Problems => [];

    public string? Note => null;

    public async IAsyncEnumerable<LedgerRecord> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var row = 0L;
        List<StoredRecord> stored;
        do
        {
            var after = row;
            stored = await AskAsync((connection, token) => LedgerReader.AfterAsync(connection, after, MaxRows, token), cancellationToken);
            foreach (var record in stored)
            {
                row = record.Row;
                yield return Of(record);
            }
        }
        while (stored.Count == MaxRows);

        await foreach (var record in CorrectionsAsync(cancellationToken))
        {
            yield return record;
        }

        foreach (var record in await AskAsync(OthersAsync, cancellationToken))
        {
            yield return record;
        }
    }

    public async IAsyncEnumerable<LedgerRecord> CorrectionsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var row = 0L;
        List<StoredCorrection> stored;
        do
        {
            var after = row;
            stored = await AskAsync((connection, token) => LedgerCorrections.AfterAsync(connection, after, MaxRows, token), cancellationToken);
            foreach (var correction in stored)
            {
                row = correction.Row;
                yield return Of(correction);
            }
        }
        while (stored.Count == MaxRows);
    }

    public Task<CarriedSums?> CarriedAsync(CancellationToken cancellationToken) => AskAsync(CarriedAsync, cancellationToken);

    public static LedgerRecord Of(in StoredRecord record) => new(JournalRecordType.Final, record.Version, record.RequestId, record.Origin, 0, record.Payload);

    public static LedgerRecord Of(in StoredCorrection correction) => new(JournalRecordType.Correction, correction.Version, correction.RequestId, default, 0, correction.Payload);

    public ValueTask DisposeAsync() => database.DisposeAsync();

    private async Task<T> AskAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await database.AskAsync(ask, cancellationToken);
        }
        catch (LedgerUnavailableException exception)
        {
            throw new CommandException($"{exception.Message} Check ConnectionStrings:{LedgerDatabase.ConnectionName}.", exception);
        }
    }

    public static async Task<CarriedSums?> CarriedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var from = await LedgerKept.FromAsync(connection, cancellationToken);
        if (from == DateTimeOffset.MinValue)
        {
            return null;
        }

        var days = await LedgerKept.ByDayAsync(connection, cancellationToken);
        var sum = new UsageCounters();
        days.ForEach(day => sum.Add(day.Sum));
        return new CarriedSums(from, sum) { Days = days.Count };
    }

    /// <summary>Evidence and gaps.</summary>
    public static async Task<List<LedgerRecord>> OthersAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var others = new List<LedgerRecord>();
        await using (var ask = LedgerSql.Command(connection, "select producer, epoch, seq, request_id, version, payload from gateway_ledger_evidence order by taken, producer, epoch, seq"))
        {
            await using var rows = await ask.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                others.Add(new LedgerRecord(
                    JournalRecordType.Void, (byte)rows.GetInt16(4), rows.GetGuid(3), new RecordOrigin(rows.GetGuid(0), (uint)rows.GetInt64(1), rows.GetInt64(2)), 0, rows.GetFieldValue<byte[]>(5)));
            }
        }

        await using (var ask = LedgerSql.Command(connection, "select producer, epoch, to_seq, from_seq from gateway_ledger_gaps order by taken, producer, epoch, to_seq"))
        {
            await using var rows = await ask.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                others.Add(new LedgerRecord(JournalRecordType.Checkpoint, 1, Guid.Empty, new RecordOrigin(rows.GetGuid(0), (uint)rows.GetInt64(1), rows.GetInt64(2)), rows.GetInt64(3), []));
            }
        }

        return others;
    }
}
