using System.Globalization;
using System.Text;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Corrections;
using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>A stored record, with its number.</summary>
internal readonly record struct StoredRecord(long Row, long TimeMs, Guid RequestId, RecordOrigin Origin, byte Version, byte[] Payload)
{
    public IReadOnlyList<CostCorrection> Corrections { get; init; } = [];

    public RequestPlace Place => new(TimeMs, (int)(Row >> 32), (uint)Row);

    public static long RowOf(RequestPlace place) => ((long)place.Segment << 32) | place.Offset;

    /// <exception cref="InvalidDataException">A newer gateway wrote it, or it is damaged.</exception>
    public LedgerEntry Open() => new(UsageRecordCodec.ReadFinal(Version, RequestId, Payload), Origin) { Corrections = Corrections };
}

/// <summary>Single requests, as they were sent.</summary>
internal static class LedgerReader
{
    private const string Columns = "row_no, time_ms, request_id, producer, epoch, seq, version, payload";

    /// <summary>Requests before a place, newest first.</summary>
    public static async Task<List<StoredRecord>> ListAsync(NpgsqlConnection connection, RequestQuery query, RequestPlace? before, int most, CancellationToken cancellationToken)
    {
        var sql = new StringBuilder($"select {Columns} from gateway_ledger_requests where time_ms >= $1 and time_ms < $2");
        var values = new List<object> { query.FromUnixMs, query.ToUnixMs };
        if (before is { } place)
        {
            values.AddRange([place.TimeUnixMs, StoredRecord.RowOf(place)]);
            // The first condition tells which days to look at; of the second alone the server does not find that out.
            sql.Append(" and time_ms <= $3 and (time_ms, row_no) < ($3, $4)");
        }

        LedgerFilters.Append(sql, values, query.Filters);
        sql.Append(CultureInfo.InvariantCulture, $" order by time_ms desc, row_no desc limit {most}");
        return await ReadAsync(LedgerSql.Command(connection, sql.ToString(), [.. values]), cancellationToken);
    }

    public static async Task<StoredRecord?> FindAsync(NpgsqlConnection connection, Guid requestId, CancellationToken cancellationToken)
    {
        await using var ask = LedgerSql.Command(connection, "select time_ms, row_no from gateway_ledger_ids where request_id = $1", requestId);
        long time;
        long row;
        await using (var found = await ask.ExecuteReaderAsync(cancellationToken))
        {
            if (!await found.ReadAsync(cancellationToken))
            {
                return null;
            }

            (time, row) = (found.GetInt64(0), found.GetInt64(1));
        }

        var records = await ReadAsync(LedgerSql.Command(connection, $"select {Columns} from gateway_ledger_requests where time_ms = $1 and row_no = $2", time, row), cancellationToken);
        return records is [var record] ? record : null;
    }

    /// <summary>Requests after a number, in the order in which they were taken.</summary>
    public static Task<List<StoredRecord>> AfterAsync(NpgsqlConnection connection, long row, int most, CancellationToken cancellationToken) => ReadAsync(
        LedgerSql.Command(connection, $"select {Columns} from gateway_ledger_requests where row_no > $1 order by row_no limit {most.ToString(CultureInfo.InvariantCulture)}", row), cancellationToken);

    private static async Task<List<StoredRecord>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var _ = command;
        var records = new List<StoredRecord>();
        await using (var rows = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await rows.ReadAsync(cancellationToken))
            {
                records.Add(new StoredRecord(
                    rows.GetInt64(0), rows.GetInt64(1), rows.GetGuid(2), new RecordOrigin(rows.GetGuid(3), (uint)rows.GetInt64(4), rows.GetInt64(5)), (byte)rows.GetInt16(6),
                    rows.GetFieldValue<byte[]>(7)));
            }
        }

        if (records.Count > 0 && await LedgerCorrections.OfAsync(command.Connection!, [.. records.Select(static record => record.RequestId)], cancellationToken) is { Count: > 0 } corrections)
        {
            for (var i = 0; i < records.Count; i++)
            {
                if (corrections.TryGetValue(records[i].RequestId, out var list))
                {
                    records[i] = records[i] with { Corrections = list };
                }
            }
        }

        return records;
    }
}
