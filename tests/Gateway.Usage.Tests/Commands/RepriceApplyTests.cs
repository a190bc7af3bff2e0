using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;
using Gateway.Usage.Tests.PostgreSql;

namespace Gateway.Usage.Tests.Commands;

/// <summary><c>reprice --apply</c>, and what the other verbs say afterwards, on both stores.</summary>
[Collection(PostgresCollectionFixture.Name)]
public sealed class RepriceApplyTests(PostgresServer server)
{
    private const string Document = """
        version: 1
        pricing: { catalogue: none }
        providers: { openai: { protocol: openai, base_url: https://api.example.com/v1 }, azure: { protocol: openai, base_url: https://other.example.com/v1 } }
        models:
          gpt-4o: { deployments: [ { provider: openai, model: gpt-4o, price: { input: 3, output: 9 } }, { provider: azure, model: gpt-4o, price: { input: 1, output: 1 } } ] }
        """;

    // 100 x 3 + 40 x 9 micro-USD; before, 90 x 2 + 10 x 1 + 40 x 8.
    private const long New = 660_000;
    private const long Old = 510_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Applied_prices_are_what_reports_exports_and_verify_say(bool isPostgres)
    {
        var database = isPostgres ? await server.NewDatabaseAsync() : "";
        await using var usage = await UsageHost.StartAsync(database: database, segmentBytes: 4096);
        var hedged = FakeJournal.After(FakeJournal.Final(), ("azure/gpt-4o", new TokenUsage(50, 0, 0, 10, 0), 90_000));
        var other = FakeJournal.Final(model: "zeta", deployment: "gone/zeta");
        await usage.PostAsync(new FakeJournal().Add(FakeJournal.Final()).Add(hedged).Add(other).Add(FakeJournal.Final(time: FakeJournal.Noon + 86_400_000)).All());
        await StopAsync(usage, isPostgres);
        var document = Path.Combine(usage.Folder, "gateway.yaml");
        Directory.CreateDirectory(usage.Folder);
        await File.WriteAllTextAsync(document, Document);

        // 1. Without --apply nothing changes.
        string[] reprice = ["reprice", "--to", "2026-03-11"];
        var dry = await CommandRun.WithAsync(usage.Folder, database, document, reprice);
        Assert.Equal((0, ""), (dry.Exit, dry.Errors));
        Assert.Contains("total\t3\t2\t1\t0.001620000\t0.001890000\t+0.000270000", dry.Output, StringComparison.Ordinal);
        Assert.Contains("4 requests that cost 0.00213 USD.", (await CommandRun.OfAsync(usage.Folder, database, "verify")).Output, StringComparison.Ordinal);

        // 2. With it, once.
        var run = await CommandRun.WithAsync(usage.Folder, database, document, [.. reprice, "--apply", "--reason", "the contract of March"]);
        Assert.Equal((0, ""), (run.Exit, run.Errors));
        Assert.StartsWith(dry.Output, run.Output, StringComparison.Ordinal);
        Assert.Contains("Corrected: 2 requests, +0.000270000 USD.", run.Output, StringComparison.Ordinal);
        var again = await CommandRun.WithAsync(usage.Folder, database, document, [.. reprice, "--apply", "--reason", "the contract of March"]);
        Assert.Contains("total\t3\t0\t1\t0.001890000\t0.001890000\t0.000000000", again.Output, StringComparison.Ordinal);
        Assert.Contains("Corrected: 0 requests", again.Output, StringComparison.Ordinal);

        // 3. All agree.
        var verify = await CommandRun.OfAsync(usage.Folder, database, "verify");
        Assert.Equal(0, verify.Exit);
        Assert.Contains("4 requests that cost 0.0024 USD, after 2 corrections.", verify.Output, StringComparison.Ordinal);
        var export = await CommandRun.OfAsync(usage.Folder, database, "export", "--format", "ndjson");
        var costs = export.Standard.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("cost_nano_usd").GetInt64());
        Assert.Equal([New, New + 60_000, Old, Old], costs);
        await usage.StartAgainAsync(4096);
        Assert.Equal(2_400_000, (await usage.TotalAsync()).GetProperty("cost_nano_usd").GetInt64());
        var sums = await usage.Ledger.SumAsync(new UsageQuery([UsageDimension.Deployment, UsageDimension.User]), default);
        Assert.Equal([("azure/gpt-4o", 60_000), ("gone/zeta", Old), ("openai/gpt-4o", (2 * New) + Old)], sums.Groups.Select(static group => (group.Values[0], group.Sum.CostNanoUsd)));
        var one = (await usage.GetAsync($"/admin/v1/requests/{hedged.Intent.RequestId}")).Body;
        Assert.Equal((New + 60_000, 600_000), (one.GetProperty("cost_nano_usd").GetInt64(), one.GetProperty("original_cost_nano_usd").GetInt64()));
        var correction = Assert.Single(one.GetProperty("corrections").EnumerateArray());
        Assert.Equal(("the contract of March", "document"), (correction.GetProperty("reason").GetString(), correction.GetProperty("price_version").GetString()));
        Assert.NotEqual("", correction.GetProperty("who").GetString());
    }

    [Fact]
    public async Task Move_takes_corrections_along()
    {
        var database = await server.NewDatabaseAsync();
        await using var usage = await UsageHost.StartAsync();
        await usage.PostAsync(new FakeJournal().Add(FakeJournal.Final()).Add(FakeJournal.Final()).All());
        await usage.StopAsync();
        var document = Path.Combine(usage.Folder, "gateway.yaml");
        await File.WriteAllTextAsync(document, Document);
        Assert.Equal(0, (await CommandRun.WithAsync(usage.Folder, "", document, "reprice", "--apply", "--reason", "r")).Exit);
        await File.WriteAllTextAsync(document, Document.Replace("input: 3", "input: 4", StringComparison.Ordinal));
        Assert.Equal(0, (await CommandRun.WithAsync(usage.Folder, "", document, "reprice", "--apply", "--reason", "r")).Exit);

        for (var turn = 0; turn < 2; turn++)
        {
            var moved = await CommandRun.OfAsync(usage.Folder, database, "move", "--to", "postgres");
            Assert.Contains("Both ledgers agree.", moved.Output, StringComparison.Ordinal);
            Assert.Equal((0, ""), (moved.Exit, moved.Errors));
        }

        Assert.Equal(4L, await PostgresServer.AskAsync(database, "select count(*) from gateway_ledger_corrections"));
        Assert.Equal(0, (await CommandRun.OfAsync("", database, "verify")).Exit);
        await using var there = await UsageHost.StartAsync(database: database);
        Assert.Equal(2 * 760_000, (await there.TotalAsync()).GetProperty("cost_nano_usd").GetInt64());
        Assert.Equal([2, 2], (await there.Ledger.ListAsync(new RequestQuery(10), default)).Requests.Select(static entry => entry.Corrections.Count));
    }

    [Theory]
    [InlineData("delete from gateway_ledger_charges", "the columns tell of")]
    [InlineData("update gateway_ledger_corrections set new_nano_usd = 1", "corrections are not what was charged for them")]
    [InlineData("update gateway_ledger_corrections set request_id = gen_random_uuid()", "has a correction of it and not the request")]
    [InlineData("update gateway_ledger_corrections set payload = '\\x00'", "cannot be read")]
    public async Task Verify_names_what_is_wrong_with_corrections(string change, string problem)
    {
        var database = await server.NewDatabaseAsync();
        await using (var usage = await UsageHost.StartAsync(database: database))
        {
            var final = FakeJournal.Final();
            await usage.PostAsync(new FakeJournal().Add(final).All());
            await usage.Ledger.CorrectAsync([new(Guid.CreateVersion7(), final.Intent.RequestId, Old, New, "document", DateTimeOffset.UtcNow, "ada")], default);
        }

        Assert.Equal(0, (await CommandRun.OfAsync("", database, "verify")).Exit);
        await PostgresServer.AskAsync(database, change);
        var run = await CommandRun.OfAsync("", database, "verify");

        Assert.Equal(1, run.Exit);
        Assert.Contains(problem, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Correcting_that_breaks_in_the_middle_leaves_nothing_of_its_transaction()
    {
        var database = await server.NewDatabaseAsync();
        await using var usage = await UsageHost.StartAsync(database: database);
        var final = FakeJournal.Final();
        await usage.PostAsync(new FakeJournal().Add(final).All());
        await PostgresServer.AskAsync(
            database,
            """
            create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
            create trigger refuse before insert on gateway_ledger_charges for each row execute function refuse()
            """);
        CostCorrection[] corrections = [new(Guid.CreateVersion7(), final.Intent.RequestId, Old, New, "document", DateTimeOffset.UtcNow, "ada")];
        await Assert.ThrowsAnyAsync<IOException>(() => usage.Ledger.CorrectAsync(corrections, default));
        Assert.Equal((0L, Old), (await PostgresServer.AskAsync(database, "select count(*) from gateway_ledger_corrections"), (await usage.Ledger.FindAsync(final.Intent.RequestId, default))!.CostNanoUsd));
        await PostgresServer.AskAsync(database, "drop trigger refuse on gateway_ledger_charges");

        Assert.Equal(CorrectionOutcome.Taken, Assert.Single(await usage.Ledger.CorrectAsync(corrections, default)).Outcome);
        Assert.Equal(New, (await usage.TotalAsync()).GetProperty("cost_nano_usd").GetInt64());
    }

    [Fact]
    public async Task What_is_missing_for_applying_is_said()
    {
        await using var usage = await UsageHost.StartAsync();
        foreach (var (args, message) in new (string[], string)[]
        {
            (["reprice", "--apply"], "'--apply' needs '--reason TEXT'"),
            (["reprice", "--apply", "--reason", new string('x', 257)], "1 to 256 characters"),
            (["reprice", "--reason", "why"], "'--reason' belongs to '--apply'"),
        })
        {
            var run = await CommandRun.OfAsync(usage.Folder, "", args);
            Assert.Equal(2, run.Exit);
            Assert.Contains(message, run.Errors, StringComparison.Ordinal);
        }
    }

    // The embedded ledger cannot be in use meanwhile, PostgreSQL can; its reports must not be those of before.
    private static Task StopAsync(UsageHost usage, bool isPostgres) => isPostgres ? Task.CompletedTask : usage.StopAsync();
}
