using Gateway.Core.Context;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Usage.Tests.Ingest;

public sealed class IngestTests
{
    [Fact]
    public async Task Batch_SentAgainOverlappingAndSplit_CountsEachRequestOnce()
    {
        await using var usage = await UsageHost.StartAsync();
        var journal = new FakeJournal();
        for (var i = 0; i < 10; i++)
        {
            var final = FakeJournal.Final();
            journal.Add(final.Intent).Add(final);
        }

        Assert.Equal((200, 8), await usage.PostAsync(journal.Batch(1, 8)));
        Assert.Equal((200, 8), await usage.PostAsync(journal.Batch(1, 8)));
        Assert.Equal((200, 13), await usage.PostAsync(journal.Batch(5, 13)));
        Assert.Equal((200, 14), await usage.PostAsync(journal.Batch(14, 14)));
        Assert.Equal((200, 20), await usage.PostAsync(journal.Batch(2, 20)));

        Assert.Equal(10, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
        Assert.Equal(10, (await usage.AllRequestsAsync()).Count);
    }

    [Fact]
    public async Task Batch_BeforeTheOneThatIsDue_IsRefusedWithTheRecordExpected()
    {
        await using var usage = await UsageHost.StartAsync();
        var journal = new FakeJournal();
        for (var i = 0; i < 6; i++)
        {
            journal.Add(FakeJournal.Final());
        }

        Assert.Equal((409, 1), await usage.PostAsync(journal.Batch(4, 6)));
        Assert.Equal((200, 3), await usage.PostAsync(journal.Batch(1, 3)));
        Assert.Equal((409, 4), await usage.PostAsync(journal.Batch(5, 6)));
        Assert.Equal((200, 6), await usage.PostAsync(journal.Batch(4, 6)));

        Assert.Equal(6, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
    }

    [Fact]
    public async Task Batch_RequestWithAnotherFinalRecord_IsRefusedAloneAndRaisesAnAlarm()
    {
        await using var usage = await UsageHost.StartAsync();
        var id = Guid.NewGuid();
        var journal = new FakeJournal().Add(FakeJournal.Final(id)).Add(FakeJournal.Final(id, output: 999)).Add(FakeJournal.Final());

        Assert.Equal((200, 3), await usage.PostAsync(journal.All()));

        Assert.Equal(2, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
        Assert.Equal(80, (await usage.TotalAsync()).GetProperty("output_tokens").GetInt64());
        Assert.Contains(id.ToString(), Assert.Single(usage.Log.Of(5013)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batch_NegativeOrAbsurdTokens_AreRefusedAndDoNotTouchTheSums()
    {
        await using var usage = await UsageHost.StartAsync();
        var bad = FakeJournal.Final();
        var journal = new FakeJournal()
            .Add(bad with { Usage = bad.Usage with { Output = -1 } })
            .Add(FakeJournal.Final(input: long.MaxValue / 10_000))
            .Add(FakeJournal.Final());

        Assert.Equal((200, 3), await usage.PostAsync(journal.All()));

        Assert.Equal(1, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
        Assert.Equal(2, usage.Log.Of(5013).Length);
    }

    [Fact]
    public async Task Batch_AnyByteChangedOnTheWay_IsRefusedWhole()
    {
        await using var usage = await UsageHost.StartAsync();
        var batch = new FakeJournal().Add(FakeJournal.Final()).All();
        for (var position = 0; position < batch.Length; position += 3)
        {
            var changed = (byte[])batch.Clone();
            changed[position] ^= 4;
            Assert.Equal(400, (await usage.PostAsync(changed)).Status);
        }

        Assert.Equal(400, (await usage.PostAsync([])).Status);
        Assert.Equal(413, (await usage.PostAsync(new byte[3 * 1024 * 1024])).Status);
        Assert.Equal(0, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
    }

    [Fact]
    public async Task Batch_JournalHasLostRecords_AreNamedAndTheRestIsTaken()
    {
        await using var usage = await UsageHost.StartAsync();
        var journal = new FakeJournal().Add(FakeJournal.Final()).Lose(40).Add(FakeJournal.Final());

        Assert.Equal((200, 42), await usage.PostAsync(journal.All()));
        await usage.StartAgainAsync();
        Assert.Equal((200, 42), await usage.PostAsync(journal.All()));

        Assert.Equal(2, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
        Assert.Contains("2 to 41", Assert.Single(usage.Log.Of(5012)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Journal_RestoredFromABackup_DoublesNothingAndLosesNothingNew()
    {
        await using var usage = await UsageHost.StartAsync();
        var journal = new FakeJournal(epoch: 5);
        for (var i = 0; i < 4; i++)
        {
            journal.Add(FakeJournal.Final());
        }

        var backup = journal.Backup();
        var recovered = FakeJournal.Final();
        journal.Add(recovered).Add(FakeJournal.Final());
        await usage.PostAsync(journal.All());

        // The copy starts in a new epoch with numbers that the ledger has seen, and ends a request that it believes open.
        backup.Epoch = 6;
        backup.Add(recovered with { Ending = Core.Journal.RequestEnding.Recovered, CostNanoUsd = 0 }).Add(FakeJournal.Final());
        Assert.Equal((200, 6), await usage.PostAsync(backup.Batch(3, 6)));
        Assert.Equal((200, 6), await usage.PostAsync(backup.Batch(3, 6)));

        Assert.Equal(7, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
        Assert.Single(usage.Log.Of(5011));
        Assert.Single(usage.Log.Of(5013));
    }

    [Fact]
    public async Task Batch_DiskNearlyFull_IsLeftToTheRouterUntilThereIsRoom()
    {
        await using var usage = await UsageHost.StartAsync(minFreeBytes: long.MaxValue);
        var journal = new FakeJournal().Add(FakeJournal.Final());

        Assert.Equal(503, (await usage.PostAsync(journal.All())).Status);
        Assert.Equal(HealthStatus.Unhealthy, await usage.HealthAsync());
        Assert.Equal(0, (await usage.TotalAsync()).GetProperty("requests").GetInt64());

        await usage.StartAgainAsync();
        Assert.Equal((200, 1), await usage.PostAsync(journal.All()));
        Assert.Equal(HealthStatus.Healthy, await usage.HealthAsync());
    }

    [Fact]
    public async Task Batch_WithoutTheContextOfAService_Is401()
    {
        await using var usage = await UsageHost.StartAsync();
        var batch = new FakeJournal().Add(FakeJournal.Final()).All();

        Assert.Equal(401, (await usage.PostAsync(batch, ContextRole.Admin)).Status);
        Assert.Equal(401, (await usage.PostAsync(batch, ContextRole.Client)).Status);
        Assert.Equal(0, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
    }
}
