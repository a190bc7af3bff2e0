using System.Globalization;
using Gateway.Edge.Tests.Rig;
using Gateway.Rig.History;
using Npgsql;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Ledgers;

/// <summary>Two Usage processes keep one ledger in PostgreSQL for two Routers, while its server is locked, in a deadlock and restarted, and one of them is killed.</summary>
public sealed class TwoUsageTests(ITestOutputHelper output)
{
    private const string TakeOrder = "select pg_advisory_xact_lock(113762617353319)";    // LedgerSchema.OrderLock
    private const string TakeProducers = "select from gateway_ledger_producers for update";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task LocksDeadlockRestartAndKill_LedgerMinusMeterIsZero_AndEachAlarmIsHeard()
    {
        using var limit = new CancellationTokenSource(Limit);
        var server = new PostgresProcess();
        try
        {
            await server.InitializeAsync();
            await RunAsync(server, await server.NewSchemaAsync(), limit.Token);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private async Task RunAsync(PostgresProcess server, string database, CancellationToken limit)
    {
        await using var rig = await GatewayRig.StartAsync(new RigOptions
        {
            Config = LedgerDocument.Text,
            Routers = 2,
            Usages = 2,
            Redis = false,
            Environment = new Dictionary<string, string?> { ["ConnectionStrings__gatewaydb"] = database },
        });
        using var load = new LedgerLoad(rig);
        using var admin = rig.Admin();
        var isOver = false;
        var clients = load.RunAsync(4, _ => !Volatile.Read(ref isOver), limit);
        await LedgerWatch.UntilAsync(async () => await BothAsync(rig, static (usage, token) => LedgerWatch.MetricAsync(usage, "gateway_ledger_taken_total", token), limit) > 0, limit);

        await LockAsync(rig, database, limit);
        await DeadlockAsync(rig, database, limit);

        var repeated = await RepeatedAsync(rig, limit);
        await rig.Usages[1].KillAsync();
        await rig.Usages[1].StartAndWaitAsync("/ready");

        await RestartAsync(server, rig, limit);

        Volatile.Write(ref isOver, true);
        await clients;
        await LedgerWatch.CaughtUpAsync(rig, limit);
        var history = await LedgerWatch.HistoryAsync(rig, admin, load, limit);
        output.WriteLine($"{history.Clients.Count} requests; records that were there already: {repeated} before the kill, {await RepeatedAsync(rig, limit)} since");

        // Nobody noticed, so all that the checks of a calm gateway ask must hold; ledger minus meter is 0 without exceptions.
        Assert.Empty(HistoryCheck.Violations(history, LedgerDocument.Rules).Take(20));
        var reckoning = LedgerReckoning.Of(history, LedgerDocument.Rules);
        reckoning.Assert(output);
        Assert.Empty(reckoning.Flagged);
        Assert.Empty(history.Clients.Where(static client => !client.IsGood).Select(static client => $"{client.Name} {client.Status} {client.Code}"));
        await LedgerReckoning.AssertSumsAsync(admin, history.Ledger, limit);

        // Each of them knows all of it, and nothing was refused or lost.
        foreach (var usage in rig.Usages)
        {
            await LedgerWatch.UntilAsync(async () => await LedgerWatch.MetricAsync(usage, "gateway_ledger_requests", limit) == history.Ledger.Count, limit);
            Assert.Equal(0, (await LedgerWatch.MetricAsync(usage, "gateway_ledger_refused_total", limit) ?? 0) + (await LedgerWatch.MetricAsync(usage, "gateway_ledger_lost_total", limit) ?? 0));
        }

        var verified = await rig.CommandAsync("verify", TimeSpan.FromMinutes(1));
        output.WriteLine(verified.Output);
        Assert.Equal(0, verified.ExitCode);
    }

    /// <summary>A session holds what batches need for longer than they wait.</summary>
    private async Task LockAsync(GatewayRig rig, string database, CancellationToken limit)
    {
        var started = TimeProvider.System.GetTimestamp();
        await using var other = await OpenAsync(database, limit);
        await using var held = await other.BeginTransactionAsync(limit);
        await DoAsync(other, TakeProducers, limit);
        await LedgerWatch.UntilAsync(() => Task.FromResult(Said(rig, "55P03")), limit);
        await held.RollbackAsync(limit);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"locked for {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s"));
    }

    /// <summary>Takes what a batch takes, the other way round, until the server has had to choose a victim. It is who looks first, and this session never looks.</summary>
    private async Task DeadlockAsync(GatewayRig rig, string database, CancellationToken limit)
    {
        var rounds = 0;
        for (; !Said(rig, "40P01"); rounds++)
        {
            await using var other = await OpenAsync(database, limit);
            await DoAsync(other, "set deadlock_timeout = '60s'", limit);
            await using var held = await other.BeginTransactionAsync(limit);
            await DoAsync(other, TakeOrder, limit);
            await LedgerWatch.UntilAsync(async () => await AskAsync(database, "select count(*) from pg_locks where not granted and locktype = 'advisory'", limit) > 0, limit);
            await DoAsync(other, TakeProducers, limit);
            await held.RollbackAsync(limit);
        }

        output.WriteLine($"a deadlock after {rounds} tries");
    }

    private static async Task RestartAsync(PostgresProcess server, GatewayRig rig, CancellationToken limit)
    {
        await server.StopAsync();
        foreach (var usage in rig.Usages)
        {
            await LedgerWatch.UntilAsync(async () => await LedgerWatch.ReadyAsync(usage, "ledger", limit) is (200, "degraded", var detail) && detail.Contains("batches stay with the Routers", StringComparison.Ordinal), limit);
        }

        // A report is refused, not made of what is known; requests are served.
        using var admin = rig.Admin();
        using var report = await admin.GetAsync("/admin/v1/usage", limit);
        Assert.Equal(503, (int)report.StatusCode);
        await LedgerWatch.UntilAsync(() => Task.FromResult(rig.Routers.All(static router => router.Output.Contains("does not take records", StringComparison.Ordinal))), limit);
        await server.StartAsync();
        foreach (var usage in rig.Usages)
        {
            await LedgerWatch.UntilAsync(async () => await LedgerWatch.ReadyAsync(usage, "ledger", limit) is (200, "ready", _), limit);
        }
    }

    private static bool Said(GatewayRig rig, string problem) =>
        rig.Usages.Any(usage => usage.Output.Split('\n').Any(line => line.Contains("A transaction of the ledger did not work", StringComparison.Ordinal) && line.Contains(problem, StringComparison.Ordinal)));

    private static Task<double> RepeatedAsync(GatewayRig rig, CancellationToken limit) => BothAsync(rig, static (usage, token) => LedgerWatch.MetricAsync(usage, "gateway_ledger_repeated_total", token), limit);

    private static async Task<double> BothAsync(GatewayRig rig, Func<RigProcess, CancellationToken, Task<double?>> ask, CancellationToken limit)
    {
        var sum = 0d;
        foreach (var usage in rig.Usages)
        {
            sum += await ask(usage, limit) ?? 0;
        }

        return sum;
    }

    private static async Task<NpgsqlConnection> OpenAsync(string database, CancellationToken limit)
    {
        var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(limit);
        return connection;
    }

    private static async Task<long> AskAsync(string database, string sql, CancellationToken limit)
    {
        await using var connection = await OpenAsync(database, limit);
#pragma warning disable CA2100 // Constants of this file.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return (long)(await command.ExecuteScalarAsync(limit))!;
    }

    private static async Task DoAsync(NpgsqlConnection connection, string sql, CancellationToken limit)
    {
#pragma warning disable CA2100 // Constants of this file.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(limit);
    }
}
