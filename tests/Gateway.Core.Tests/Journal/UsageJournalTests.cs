using Gateway.Core.Journal;
using Gateway.Core.Money;

namespace Gateway.Core.Tests.Journal;

public sealed class UsageJournalTests : IDisposable
{
    private readonly JournalFixture _fixture = new();
    private readonly JournalTime _time = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Start_IntentWithoutAnEnd_BecomesARecoveredFinalWithItsInputOnly()
    {
        var left = JournalFixture.Intent(JournalFixture.Id(1));
        var ended = JournalFixture.Intent(JournalFixture.Id(2));
        using (var journal = _fixture.OpenJournal(_time))
        {
            await journal.AppendIntentAsync(left);
            await journal.AppendIntentAsync(ended);
            await journal.AppendFinalAsync(JournalFixture.Final(ended));
        }

        using (var journal = _fixture.OpenJournal(_time))
        {
            Assert.Equal(1, journal.RecoveredRequests);
        }

        // Once only: the third start finds it ended.
        using (var journal = _fixture.OpenJournal(_time))
        {
            Assert.Equal(0, journal.RecoveredRequests);
        }

        var finals = Finals();
        Assert.Equal(2, finals.Count);
        Assert.Equal(
            new UsageFinal
            {
                Intent = left,
                Ending = RequestEnding.Recovered,
                Status = 0,
                Usage = new TokenUsage(100, 0, 0, 0, 0),
                CostNanoUsd = 250_000,
                Flags = UsageFlags.Estimated | UsageFlags.Incomplete,
            },
            finals[1] with { AttemptRecords = [] });
    }

    [Fact]
    public void Start_Again_TakesAGreaterEpochAndTheSameProducer()
    {
        using var first = _fixture.OpenJournal(_time);
        var (producer, epoch) = (first.Producer, first.Epoch);
        first.Dispose();

        using var second = _fixture.OpenJournal(_time);

        Assert.Equal(producer, second.Producer);
        Assert.True(second.Epoch > epoch);
    }

    [Fact]
    public void Start_FolderFromABackup_StillTakesAnEpochThatWasNeverUsed()
    {
        uint used;
        using (var first = _fixture.OpenJournal(_time))
        {
            used = first.Epoch;
        }

        var backup = File.ReadAllBytes(Path.Combine(_fixture.Folder, "epoch"));
        _time.Advance(TimeSpan.FromSeconds(1));
        using (var second = _fixture.OpenJournal(_time))
        {
            used = second.Epoch;
        }

        File.WriteAllBytes(Path.Combine(_fixture.Folder, "epoch"), backup);
        _time.Advance(TimeSpan.FromSeconds(1));

        using var restored = _fixture.OpenJournal(_time);
        Assert.True(restored.Epoch > used);
    }

    [Fact]
    public void Folders_TwoProcessesOnOneMachine_GetOneEachAndARestartTakesTheFreeOne()
    {
        using var first = JournalFolder.ClaimReplica(_fixture.Folder, _time);
        var second = JournalFolder.ClaimReplica(_fixture.Folder, _time);
        Assert.Equal("0", Path.GetFileName(first.Path));
        Assert.Equal("1", Path.GetFileName(second.Path));
        second.Dispose();

        using var third = JournalFolder.ClaimReplica(_fixture.Folder, _time);
        Assert.Equal(second.Path, third.Path);
        Assert.Equal(second.Producer, third.Producer);
    }

    [Fact]
    public async Task Start_ProducerFileLostOrDamaged_GoesOnUnderTheNameThatStandsInTheRecords()
    {
        Guid producer;
        using (var journal = _fixture.OpenJournal(_time))
        {
            producer = journal.Producer;
            await FillAsync(journal, 3);
        }

        using (_fixture.OpenJournal(_time))
        {
            // Leaves a segment without records, which can tell nothing.
        }

        File.Delete(Path.Combine(_fixture.Folder, "producer"));
        using (var journal = _fixture.OpenJournal(_time))
        {
            Assert.Equal(producer, journal.Producer);
        }

        File.WriteAllBytes(Path.Combine(_fixture.Folder, "producer"), [1, 2, 3]);
        using var again = _fixture.OpenJournal(_time);
        Assert.Equal(producer, again.Producer);
    }

    [Fact]
    public void Folder_LockCannotBeOpened_IsNamedAndNotTakenForSomebodyElses()
    {
        var path = Path.Combine(_fixture.Folder, "0");
        Directory.CreateDirectory(path);
        File.CreateSymbolicLink(Path.Combine(path, "lock"), Path.Combine(_fixture.Folder, "missing", "lock"));

        var refused = Assert.Throws<JournalConfigurationException>(() => JournalFolder.ClaimReplica(_fixture.Folder, _time));

        Assert.Contains($"'{path}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("GATEWAY_DATA", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Acknowledge_ClosedSegments_AreDeletedButNotWhileARequestOfTheirsRuns()
    {
        using var journal = _fixture.OpenJournal(_time, new UsageJournalOptions { SegmentBytes = 1 });
        var running = JournalFixture.Intent(JournalFixture.Id(1000));
        await journal.AppendIntentAsync(running);
        await FillAsync(journal, 5);
        Assert.Equal(6, _fixture.Segments().Length);

        journal.Acknowledge(journal.Log.LastSeq);
        Assert.Equal(6, _fixture.Segments().Length);

        await journal.AppendFinalAsync(JournalFixture.Final(running));
        journal.Log.Sync();
        journal.Acknowledge(journal.Log.LastSeq);
        Assert.Single(_fixture.Segments());
    }

    [Fact]
    public async Task Acknowledge_ThenRestart_GoesOnWhereItStopped()
    {
        using (var journal = _fixture.OpenJournal(_time))
        {
            await FillAsync(journal, 4);
            journal.Acknowledge(3);
        }

        using var again = _fixture.OpenJournal(_time);
        Assert.Equal(3, again.AcknowledgedSeq);
        Assert.Equal(4, again.Log.LastSeq);
        Assert.Empty(again.Log.Recovery.Gaps);
    }

    [Fact]
    public async Task Start_OldRequestHeldSegmentsThatAreAcknowledged_KeepsThemAllAndEndsOnlyThatRequest()
    {
        var running = JournalFixture.Intent(JournalFixture.Id(1000));
        var later = JournalFixture.Intent(JournalFixture.Id(1001));
        using (var journal = _fixture.OpenJournal(_time, new UsageJournalOptions { SegmentBytes = 1 }))
        {
            await journal.AppendIntentAsync(running);
            await journal.AppendIntentAsync(later);
            await FillAsync(journal, 3);
            await journal.AppendFinalAsync(JournalFixture.Final(later));
            await FillAsync(journal, 2);
            journal.Acknowledge(journal.Log.LastSeq);
        }

        using (var journal = _fixture.OpenJournal(_time))
        {
            Assert.Empty(journal.Log.Recovery.Damaged);
            Assert.Empty(journal.Log.Recovery.Gaps);
            Assert.Equal(1, journal.RecoveredRequests);
            Assert.Equal(8, journal.AcknowledgedSeq);
            Assert.Equal(9, journal.Log.LastSeq);
        }

        Assert.Equal(7, Finals().Count);
    }

    [Fact]
    public async Task Start_AcknowledgedRecordsAreGone_NewRecordsComeAfterThem()
    {
        using (var journal = _fixture.OpenJournal(_time, new UsageJournalOptions { SegmentBytes = 1 }))
        {
            await journal.AppendIntentAsync(JournalFixture.Intent(JournalFixture.Id(1000)));
            await FillAsync(journal, 5);
            journal.Acknowledge(journal.Log.LastSeq);
        }

        foreach (var segment in _fixture.Segments()[2..])
        {
            File.Delete(segment);
        }

        using var again = _fixture.OpenJournal(_time);
        Assert.Equal(1, again.RecoveredRequests);
        Assert.Equal(7, again.Log.LastSeq);
    }

    [Fact]
    public async Task Final_CountsThatNoAnswerHas_AreCappedAndMarkedEstimatedWithTheCostOfWhatIsWritten()
    {
        var intent = JournalFixture.Intent(JournalFixture.Id(1));
        var wild = new TokenUsage(100, 0, 0, 1_000_000_000_000, 7);
        using (var journal = _fixture.OpenJournal(_time))
        {
            await journal.AppendFinalAsync(JournalFixture.Final(intent) with { Usage = wild, CostNanoUsd = intent.Price!.Cost(wild) });
        }

        var final = Assert.Single(Finals());
        Assert.Equal(new TokenUsage(100, 0, 0, 1_000_000_000, 7), final.Usage);
        Assert.Equal(UsageFlags.Estimated, final.Flags);
        Assert.Equal(final.CostNanoUsd, intent.Price!.Cost(final.Usage));
    }

    [Fact]
    public async Task Room_UnshippedBytesReachTheCap_NothingMayBeDispatchedUntilTheLedgerTakesThem()
    {
        using var journal = _fixture.OpenJournal(_time, new UsageJournalOptions { SegmentBytes = 4096, MaxUnshippedBytes = 64 * 1024, Disk = new FaultyDisk() });
        Assert.True(journal.IsWritable);
        while (journal.IsWritable && journal.Log.LastSeq < 2000)
        {
            await FillAsync(journal, 10);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(journal.IsWritable);
        Assert.InRange(journal.Room.UnshippedBytes, 55_000, 66_000);

        journal.Acknowledge(journal.Log.LastSeq);
        Assert.True(journal.IsWritable);
    }

    [Fact]
    public void Room_DiskOfOthersFillsUp_ClosesAndOpensAgainWithoutTraffic()
    {
        var disk = new FaultyDisk();
        using var journal = _fixture.OpenJournal(_time, new UsageJournalOptions { SegmentBytes = 4096, Disk = disk });
        disk.Free = 100;
        journal.Acknowledge(1);
        Assert.False(journal.IsWritable);

        disk.Free = 1_000_000;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(journal.IsWritable);
    }

    [Fact]
    public void Room_DiskCannotSayHowMuchIsFree_KeepsTheLastAnswerAndAsksAgain()
    {
        var disk = new FaultyDisk();
        using var journal = _fixture.OpenJournal(_time, new UsageJournalOptions { SegmentBytes = 4096, Disk = disk });
        disk.Free = 100;
        journal.Acknowledge(1);
        Assert.False(journal.IsWritable);

        disk.FreeFails = true;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(journal.IsWritable);

        (disk.FreeFails, disk.Free) = (false, 1_000_000);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(journal.IsWritable);
    }

    [Fact]
    public async Task Synced_DiskCannotSayHowMuchIsFree_IsToldAllTheSame()
    {
        var disk = new FaultyDisk();
        using var journal = _fixture.OpenJournal(_time, new UsageJournalOptions { Disk = disk });
        var told = 0;
        journal.Synced += () => told++;
        disk.FreeFails = true;
        await journal.AppendIntentAsync(JournalFixture.Intent(JournalFixture.Id(1)));
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, told);
        Assert.True(journal.IsWritable);
    }

    [Fact]
    public async Task Failure_OfTheDisk_MakesTheJournalUnwritableForEver()
    {
        var disk = new FaultyDisk();
        var told = new TaskCompletionSource<Exception>();
        using var journal = _fixture.OpenJournal(_time, new UsageJournalOptions { Disk = disk, Failed = told.SetResult });
        disk.SyncFails = true;
        await journal.AppendIntentAsync(JournalFixture.Intent(JournalFixture.Id(1)));
        _time.Advance(TimeSpan.FromMilliseconds(50));
        disk.SyncFails = false;

        Assert.False(journal.IsWritable);
        Assert.IsType<IOException>(await told.Task);
        await Assert.ThrowsAsync<IOException>(async () => await journal.AppendIntentAsync(JournalFixture.Intent(JournalFixture.Id(2))));
    }

    private static async Task FillAsync(UsageJournal journal, int requests)
    {
        for (var i = 0; i < requests; i++)
        {
            await journal.AppendFinalAsync(JournalFixture.Final(JournalFixture.Intent(Guid.NewGuid())));
            journal.Log.Sync();
        }
    }

    private List<UsageFinal> Finals()
    {
        var finals = new List<UsageFinal>();
        using var log = _fixture.OpenLog((in JournalRecord record, RecordLocation _) =>
        {
            if (record.Type is JournalRecordType.Final)
            {
                finals.Add(UsageRecordCodec.ReadFinal(record.Version, record.RequestId, record.Payload));
            }
        });
        return finals;
    }
}
