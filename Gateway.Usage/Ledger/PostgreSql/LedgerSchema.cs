using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>The tables of the ledger and their history. Steps are only ever added; each runs once in a database, whichever Usage comes first.</summary>
internal static class LedgerSchema
{
    /// <summary>Under which all features of the gateway change their schema: the Edge's keys take it too.</summary>
    public const long SchemaLock = 0x6777_6B65_7973;

    /// <summary>Held from numbering rows until they are committed: row numbers become visible in their order, so that whoever reads on from a number misses none.</summary>
    public const long OrderLock = 0x6777_6C65_6467;

    /// <summary>Held by the one process that sums up.</summary>
    public const long RollupLock = 0x6777_726F_6C6C;

    private const string Feature = "ledger";

    private static readonly string[] Steps =
    [
        """
        create sequence gateway_ledger_rows;

        create table gateway_ledger_producers (producer uuid primary key);

        create table gateway_ledger_marks (
            producer uuid not null,
            epoch bigint not null,
            seq bigint not null,
            primary key (producer, epoch));

        create table gateway_ledger_ids (
            request_id uuid primary key,
            row_no bigint not null,
            time_ms bigint not null,
            digest bigint not null);

        create table gateway_ledger_requests (
            row_no bigint not null,
            time_ms bigint not null,
            hour integer not null,
            request_id uuid not null,
            producer uuid not null,
            epoch bigint not null,
            seq bigint not null,
            key_id text collate "C" not null,
            user_id text collate "C" not null,
            team text collate "C" not null,
            organisation text collate "C" not null,
            model text collate "C" not null,
            deployment text collate "C" not null,
            status integer not null,
            status_class smallint not null,
            tags text[] collate "C" not null,
            input bigint not null,
            cached_input bigint not null,
            cache_write bigint not null,
            output bigint not null,
            reasoning bigint not null,
            audio_input bigint not null,
            audio_output bigint not null,
            cost_nano_usd bigint not null,
            total_tokens bigint not null,
            total_cost_nano_usd bigint not null,
            budget_ids text[] collate "C" not null,
            budget_slots bigint[] not null,
            version smallint not null,
            payload bytea not null,
            primary key (time_ms, row_no)) partition by range (time_ms);

        create index gateway_ledger_requests_row on gateway_ledger_requests (row_no);

        create index gateway_ledger_requests_key on gateway_ledger_requests (key_id, time_ms, row_no);

        create table gateway_ledger_charges (
            row_no bigint not null,
            time_ms bigint not null,
            hour integer not null,
            key_id text collate "C" not null,
            user_id text collate "C" not null,
            team text collate "C" not null,
            organisation text collate "C" not null,
            model text collate "C" not null,
            deployment text collate "C" not null,
            status_class smallint not null,
            tags text[] collate "C" not null,
            input bigint not null,
            cached_input bigint not null,
            cache_write bigint not null,
            output bigint not null,
            reasoning bigint not null,
            audio_input bigint not null,
            audio_output bigint not null,
            cost_nano_usd bigint not null) partition by range (time_ms);

        create index gateway_ledger_charges_row on gateway_ledger_charges (row_no);

        create table gateway_ledger_evidence (
            producer uuid not null,
            epoch bigint not null,
            seq bigint not null,
            request_id uuid not null,
            version smallint not null,
            reason text not null,
            payload bytea not null,
            taken timestamptz not null default now(),
            primary key (producer, epoch, seq));

        create table gateway_ledger_gaps (
            producer uuid not null,
            epoch bigint not null,
            from_seq bigint not null,
            to_seq bigint not null,
            taken timestamptz not null default now(),
            primary key (producer, epoch, to_seq));

        create table gateway_ledger_hours (
            hour integer not null,
            dimensions bytea not null,
            key_id text collate "C" not null,
            team text collate "C" not null,
            organisation text collate "C" not null,
            model text collate "C" not null,
            deployment text collate "C" not null,
            status_class smallint not null,
            requests bigint not null,
            input bigint not null,
            cached_input bigint not null,
            cache_write bigint not null,
            output bigint not null,
            reasoning bigint not null,
            audio_input bigint not null,
            audio_output bigint not null,
            cost_nano_usd bigint not null,
            primary key (hour, dimensions));

        create table gateway_ledger_spent (
            name bytea not null,
            slot bigint not null,
            organisation text collate "C" not null,
            slot_id text collate "C" not null,
            spent_nano_usd bigint not null,
            primary key (name, slot));

        create table gateway_ledger_state (
            one boolean primary key default true check (one),
            rolled_row bigint not null);

        insert into gateway_ledger_state values (true, 0);
        """,
        """
        create table gateway_ledger_corrections (
            id uuid primary key,
            row_no bigint not null unique,
            request_id uuid not null,
            number integer not null,
            made_ms bigint not null,
            old_nano_usd bigint not null,
            new_nano_usd bigint not null,
            organisation text collate "C" not null,
            budget_ids text[] collate "C" not null,
            budget_slots bigint[] not null,
            version smallint not null,
            payload bytea not null,
            unique (request_id, number));
        """,
        """
        create table gateway_ledger_carried (
            hour integer not null,
            dimensions bytea not null,
            key_id text collate "C" not null,
            user_id text collate "C" not null,
            team text collate "C" not null,
            organisation text collate "C" not null,
            model text collate "C" not null,
            deployment text collate "C" not null,
            status_class smallint not null,
            tags text[] collate "C" not null,
            requests bigint not null,
            input bigint not null,
            cached_input bigint not null,
            cache_write bigint not null,
            output bigint not null,
            reasoning bigint not null,
            audio_input bigint not null,
            audio_output bigint not null,
            cost_nano_usd bigint not null,
            primary key (hour, dimensions));

        alter table gateway_ledger_state
            add column kept_day integer,
            add column carried_row bigint not null default 0,
            add column carried_at timestamptz;

        create table gateway_ledger_moved (
            part uuid primary key,
            requests bigint not null,
            input bigint not null,
            output bigint not null,
            cost_nano_usd bigint not null);
        """,
    ];

    public static async Task ApplyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LedgerSql.RunAsync(connection, "set local lock_timeout = '15s'; set local statement_timeout = '60s'", cancellationToken);
        await LedgerSql.RunAsync(connection, $"select pg_advisory_xact_lock({SchemaLock})", cancellationToken);
        await LedgerSql.RunAsync(connection, "create table if not exists gateway_schema (feature text primary key, version integer not null)", cancellationToken);
        await using var ask = LedgerSql.Command(connection, "select version from gateway_schema where feature = $1", Feature);
        var version = await ask.ExecuteScalarAsync(cancellationToken) is int applied ? applied : 0;

        // A newer gateway's tables are left as they are: steps add, so that what we know of them is still there.
        foreach (var step in Steps.Skip(version))
        {
            await LedgerSql.RunAsync(connection, step, cancellationToken);
        }

        if (version < Steps.Length)
        {
            await using var tell = LedgerSql.Command(
                connection, "insert into gateway_schema values ($1, $2) on conflict (feature) do update set version = excluded.version", Feature, Steps.Length);
            await tell.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }
}
