using Npgsql;

namespace Gateway.Edge.VirtualKeys.Store;

/// <summary>The table of keys and its history. Steps are only ever added; each runs once in a database, whichever Edge comes first.</summary>
internal static class PostgresKeySchema
{
    /// <summary>Held in the transactions that change the schema or a key: versions become visible in their order, so that a reader misses none.</summary>
    public const long Lock = PostgresSchema.Lock;

    private const string Feature = "keys";

    private static readonly string[] Steps =
    [
        """
        create table gateway_keys (
            id text collate "C" primary key,
            version bigint not null unique,
            deleted boolean not null,
            created timestamptz not null,
            updated timestamptz not null,
            secrets jsonb not null,
            document jsonb)
        """,
    ];

    public static Task ApplyAsync(NpgsqlDataSource source, CancellationToken cancellationToken) => PostgresSchema.ApplyAsync(source, Feature, Steps, cancellationToken);
}
