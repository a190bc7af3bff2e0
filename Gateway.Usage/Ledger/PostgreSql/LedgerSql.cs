using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>Commands with values by number. Texts are made of this folder's constants only; what comes from outside is always a value.</summary>
internal static class LedgerSql
{
#pragma warning disable CA2100 // See above.
    public static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }
#pragma warning restore CA2100

    public static async Task<int> RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, sql);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task<long> NumberAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var _ = command;
        return await command.ExecuteScalarAsync(cancellationToken) is long number ? number : 0;
    }

    /// <summary>Sums of the columns, the number of requests first. One that does not fit stands at the greatest number.</summary>
    public static string Sums(string counts) => string.Join(", ", Names(counts).Select(static name => $"least(sum({name}), 9223372036854775807)::bigint"));

    /// <summary>What adds such sums to those of a row that is known already.</summary>
    public static string Add(string counts) => string.Join(", ", Names(counts).Select(static name => $"{name} = least(known.{name}::numeric + excluded.{name}, 9223372036854775807)::bigint"));

    /// <summary>A text as PostgreSQL takes it. Its texts hold every character but one, which clients may send all the same; the record itself keeps it.</summary>
    public static string Text(string text) => text.Contains('\0', StringComparison.Ordinal) ? text.Replace('\0', '\uFFFD') : text;

    public static string[] Texts(IReadOnlyList<string> texts) => [.. texts.Select(Text)];

    private static string[] Names(string counts) => ["requests", .. counts.Split(", ")];
}
