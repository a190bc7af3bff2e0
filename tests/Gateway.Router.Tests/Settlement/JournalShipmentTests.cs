using Gateway.Core.Journal;
using Gateway.Router.Settlement;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Router.Tests.Settlement;

public sealed class JournalShipmentTests : IDisposable
{
    private readonly SettlementFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Shipping_AnswersLostAndCallsBrokenOff_BringsEveryRecordAndAcknowledgesAll()
    {
        await using var usage = await UsageStandIn.StartAsync();
        using var journal = _fixture.Open(segmentBytes: 16 * 1024);
        using var shipment = new JournalShipment(journal, usage.Client(), NullLogger.Instance);
        var random = new Random(3);
        var ids = new List<Guid>();
        var failed = 0;
        for (var round = 0; round < 40; round++)
        {
            ids.AddRange(await SettlementFixture.AppendAsync(journal, random.Next(80)));
            journal.Log.Sync();
            usage.Moods.Enqueue((Mood)random.Next(4));
            failed += await shipment.StepAsync(default) is ShipStep.Failed ? 1 : 0;
        }

        usage.Moods.Clear();
        while (await shipment.StepAsync(default) is not ShipStep.Idle)
        {
        }

        Assert.True(failed > 10);
        Assert.Equal(ids, usage.Finals);
        Assert.Equal(journal.Log.LastSeq, journal.AcknowledgedSeq);
        Assert.Empty(usage.Gaps);
        Assert.InRange(Directory.GetFiles(journal.Folder, "*.seg").Length, 1, 2);
    }

    [Fact]
    public async Task Shipping_UsageExpectsEarlierRecords_SendsAgainFromThere()
    {
        await using var usage = await UsageStandIn.StartAsync();
        using var journal = _fixture.Open();
        using var shipment = new JournalShipment(journal, usage.Client(), NullLogger.Instance);
        var ids = await SettlementFixture.AppendAsync(journal, 10);
        journal.Log.Sync();
        await ShipAllAsync(shipment);

        // The ledger came back from a backup.
        usage.Expected = 7;
        usage.Finals.Clear();
        ids.AddRange(await SettlementFixture.AppendAsync(journal, 2));
        journal.Log.Sync();
        await ShipAllAsync(shipment);

        Assert.Equal(ids[3..], usage.Finals);
        Assert.Empty(usage.Gaps);
    }

    [Fact]
    public async Task Shipping_UsageExpectsWhatWasDeletedLongAgo_TellsItTheExactGap()
    {
        await using var usage = await UsageStandIn.StartAsync();
        using var journal = _fixture.Open(segmentBytes: 1);
        using var shipment = new JournalShipment(journal, usage.Client(), NullLogger.Instance);
        await SettlementFixture.AppendAsync(journal, 10);
        journal.Log.Sync();
        await ShipAllAsync(shipment);

        usage.Expected = 5;
        var more = await SettlementFixture.AppendAsync(journal, 3);
        journal.Log.Sync();
        usage.Finals.Clear();
        await ShipAllAsync(shipment);

        Assert.Equal((5, 20), Assert.Single(usage.Gaps));
        Assert.Equal(more, usage.Finals);
        Assert.Equal(26, journal.AcknowledgedSeq);
    }

    [Fact]
    public async Task Shipping_LongBacklog_ComesInBoundedBatches()
    {
        await using var usage = await UsageStandIn.StartAsync();
        using var journal = _fixture.Open();
        using var shipment = new JournalShipment(journal, usage.Client(), NullLogger.Instance);
        var ids = await SettlementFixture.AppendAsync(journal, 2600);
        journal.Log.Sync();

        await ShipAllAsync(shipment);

        Assert.Equal(ids, usage.Finals);
        Assert.Equal(1000, usage.LargestBatch);
        Assert.Equal(6, usage.Batches.Count);
    }

    [Fact]
    public async Task Shipping_AfterARestart_GoesOnAndEndsWhatTheDeadProcessLeftOpen()
    {
        await using var usage = await UsageStandIn.StartAsync();
        using (var journal = _fixture.Open())
        {
            using var shipment = new JournalShipment(journal, usage.Client(), NullLogger.Instance);
            await SettlementFixture.AppendAsync(journal, 5);
            journal.Log.Sync();
            await ShipAllAsync(shipment);
            await journal.AppendIntentAsync(new UsageIntent
            {
                RequestId = Guid.NewGuid(),
                TimeUnixMs = 1,
                KeyId = "demo",
                Operation = Core.Requests.LlmOperation.Embeddings,
                RequestedModel = "m",
                Deployment = "p/m",
            });
        }

        using var again = _fixture.Open();
        using var rest = new JournalShipment(again, usage.Client(), NullLogger.Instance);
        await ShipAllAsync(rest);

        Assert.Equal(6, usage.Finals.Count);
        Assert.Equal(12, again.AcknowledgedSeq);
        Assert.Equal([1, 11, 12], usage.Batches.Select(static batch => batch.FromSeq));
    }

    private static async Task ShipAllAsync(JournalShipment shipment)
    {
        ShipStep step;
        while ((step = await shipment.StepAsync(default)) is not ShipStep.Idle)
        {
            Assert.Equal(ShipStep.Moved, step);
        }
    }
}
