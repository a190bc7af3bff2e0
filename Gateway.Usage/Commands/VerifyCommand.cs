using System.Globalization;
using Gateway.Core.Money;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.PostgreSql;
using Npgsql;

namespace Gateway.Usage.Commands;

/// <summary><c>verify</c>: walks the whole ledger and lists what is off.</summary>
internal static class VerifyCommand
{
    private const int PageRows = 1000;

    /// <returns>0 when all is well, 1 when something is off.</returns>
    /// <exception cref="CommandException">The ledger cannot be read.</exception>
    public static async Task<int> RunAsync(ILedgerSource source, TextWriter output, CancellationToken cancellationToken)
    {
        var audit = new LedgerAudit { KeptFrom = (await source.CarriedAsync(cancellationToken))?.KeptFrom ?? DateTimeOffset.MinValue };
        await foreach (var record in source.ReadAsync(cancellationToken))
        {
            audit.Take(record);
        }

        foreach (var problem in source.Problems)
        {
            audit.Add(problem);
        }

        return await TellAsync(audit, await source.CarriedAsync(cancellationToken), source.Name, source.Note, output);
    }

    /// <summary>The same for PostgreSQL, in one snapshot: batches may come meanwhile.</summary>
    /// <returns>0 when all is well, 1 when something is off.</returns>
    /// <exception cref="CommandException">The ledger cannot be read.</exception>
    public static async Task<int> RunAsync(LedgerDatabase database, TextWriter output, CancellationToken cancellationToken)
    {
        try
        {
            var (audit, carried) = await database.AskAsync(AuditAsync, cancellationToken, isLong: true);
            return await TellAsync(audit, carried, "the ledger in PostgreSQL", note: null, output);
        }
        catch (LedgerUnavailableException exception)
        {
            throw new CommandException($"{exception.Message} Check ConnectionStrings:{LedgerDatabase.ConnectionName}.", exception);
        }
    }

    private static async Task<int> TellAsync(LedgerAudit audit, CarriedSums? carried, string name, string? note, TextWriter output)
    {
        foreach (var problem in audit.Problems)
        {
            await output.WriteLineAsync(problem);
        }

        if (audit.Found > audit.Problems.Count)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"... and {audit.Found - audit.Problems.Count} more"));
        }

        if (note is not null)
        {
            await output.WriteLineAsync($"Note: {note}; the next start cuts it off.");
        }

        if (carried is not null)
        {
            await output.WriteLineAsync($"{carried}.");
        }

        var total = audit.ByMonth.Total;
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{(audit.Found == 0 ? "Good" : $"{audit.Found} problems")}: {name} has {total.Requests} requests that cost {Usd(total.CostNanoUsd)} USD{(audit.Corrections == 0 ? "" : $", after {audit.Corrections} corrections")}."));
        return audit.Found == 0 ? 0 : 1;
    }

    /// <summary>Exact, as money is shown.</summary>
    public static string Usd(long nanoUsd) => (nanoUsd / (decimal)TokenPrice.NanoPerUsd).ToString("0.#########", CultureInfo.InvariantCulture);

    private static async Task<(LedgerAudit Audit, CarriedSums? Carried)> AuditAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var audit = new LedgerAudit();
        var row = 0L;
        List<StoredRecord> page;
        do
        {
            page = await LedgerReader.AfterAsync(connection, row, PageRows, cancellationToken);
            foreach (var record in page)
            {
                audit.Take(PostgresSource.Of(record));
                row = record.Row;
            }
        }
        while (page.Count == PageRows);

        await TakeCorrectionsAsync(connection, audit, cancellationToken);
        foreach (var record in await PostgresSource.OthersAsync(connection, cancellationToken))
        {
            audit.Take(record);
        }

        // The columns and the sums say what the records say, and what was carried of those that are gone.
        var carried = await LedgerKept.ByDayAsync(connection, cancellationToken);
        var expected = Months(new UsageSums([.. audit.ByMonth.Groups, .. carried.Select(static day => day with { Values = [day.Values[0][..7]] })], audit.ByMonth.Total));
        Compare("sums by hour", Months(await LedgerSums.SumAsync(connection, new UsageQuery([UsageDimension.Month]), cancellationToken)), expected, audit);
        Compare("columns", Months(await LedgerSums.SumAsync(connection, new UsageQuery([UsageDimension.Month, UsageDimension.User]), cancellationToken)), expected, audit);
        foreach (var problem in await LedgerTables.CheckAsync(connection, cancellationToken))
        {
            audit.Add(problem);
        }

        return (audit, await PostgresSource.CarriedAsync(connection, cancellationToken));
    }

    private static async Task TakeCorrectionsAsync(NpgsqlConnection connection, LedgerAudit audit, CancellationToken cancellationToken)
    {
        var row = 0L;
        List<StoredCorrection> page;
        do
        {
            page = await LedgerCorrections.AfterAsync(connection, row, PageRows, cancellationToken);
            foreach (var correction in page)
            {
                audit.Take(PostgresSource.Of(correction));
                row = correction.Row;
            }
        }
        while (page.Count == PageRows);
    }

    private static Dictionary<string, string> Months(UsageSums rows) => rows.Groups.GroupBy(static group => group.Values[0], StringComparer.Ordinal).ToDictionary(
        static month => month.Key,
        static month =>
        {
            var sum = new UsageCounters();
            foreach (var group in month)
            {
                sum.Add(group.Sum);
            }

            return Text(sum);
        },
        StringComparer.Ordinal);

    private static void Compare(string what, Dictionary<string, string> told, Dictionary<string, string> expected, LedgerAudit audit)
    {
        foreach (var month in told.Keys.Union(expected.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (has, should) = (told.GetValueOrDefault(month, "nothing"), expected.GetValueOrDefault(month, "nothing"));
            if (!string.Equals(has, should, StringComparison.Ordinal))
            {
                audit.Add($"{month}: the {what} tell of {has}, the records of {should}");
            }
        }
    }

    private static string Text(UsageCounters sum) => string.Create(
        CultureInfo.InvariantCulture,
        $"{sum.Requests} requests, {sum.InputTokens}/{sum.CachedTokens}/{sum.CacheWriteTokens}/{sum.AudioInputTokens} tokens in, {sum.OutputTokens}/{sum.ReasoningTokens}/{sum.AudioOutputTokens} out, {sum.CostNanoUsd} nano-USD");
}
