using Gateway.Core.Journal;

namespace Gateway.Core.Tests.Journal;

public sealed class SegmentLogTests : IDisposable
{
    private readonly JournalFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Append_EightWritersAtOnce_LeavesOneSequenceWithoutAGap()
    {
        const int Writers = 8;
        const int Each = 5000;
        using (var log = _fixture.OpenLog(segmentBytes: 4096))
        {
            var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
            {
                for (var i = 0; i < Each; i++)
                {
                    log.Append(JournalRecordType.Void, 1, JournalFixture.Id((writer * Each) + i), writer, static (value, space) =>
                    {
                        space[..20].Fill((byte)value);
                        return 20;
                    }, out _);
                    if (i % 1000 == 999)
                    {
                        log.Sync();    // rolls, while the others write
                    }
                }
            }));
            await Task.WhenAll(writers);
        }

        Assert.True(_fixture.Segments().Length > 5);
        var ids = new HashSet<Guid>();
        var next = 1L;
        using var reopened = _fixture.OpenLog((in JournalRecord record, RecordLocation _) =>
        {
            Assert.Equal(next++, record.Seq);
            Assert.True(ids.Add(record.RequestId));
        });
        Assert.Equal(Writers * Each, ids.Count);
        Assert.Empty(reopened.Recovery.Gaps);
    }

    [Fact]
    public async Task Append_DiskFull_StopsForEverAndSaysSoOnceOnAThreadWithoutTheLock()
    {
        var disk = new FaultyDisk();
        var told = new TaskCompletionSource<bool>();
        var failures = 0;
        using (var log = new SegmentLog(new SegmentLogOptions { Folder = _fixture.Folder, Producer = JournalFixture.Producer, Epoch = 1, SyncAfter = null, Disk = disk, Failed = OnFailed }))
        {
            JournalFixture.Append(log, 3);
            disk.WriteFails = true;

            // A thread of its own, which is none of the pool's.
            var writer = new Thread(() => Assert.Throws<IOException>(() => JournalFixture.Append(log, 1)));
            writer.Start();
            writer.Join();
            disk.WriteFails = false;

            Assert.Throws<IOException>(() => JournalFixture.Append(log, 1));
            Assert.NotNull(log.Failure);
            Assert.True(await told.Task);
            Assert.Equal(1, failures);
        }

        Assert.Equal([1, 2, 3], _fixture.Replay(out _));

        void OnFailed(Exception exception)
        {
            failures++;
            told.TrySetResult(Thread.CurrentThread.IsThreadPoolThread);
        }
    }

    [Fact]
    public void Sync_Fails_IsNeverTriedAgainOnThatFile()
    {
        var disk = new FaultyDisk();
        using (var log = _fixture.OpenLog(disk: disk))
        {
            JournalFixture.Append(log, 3);
            disk.SyncFails = true;
            Assert.Throws<IOException>(log.Sync);
            disk.SyncFails = false;
            var syncs = disk.Syncs;

            Assert.Throws<IOException>(log.Sync);
            Assert.Throws<IOException>(() => JournalFixture.Append(log, 1));
            log.Dispose();
            Assert.Equal(syncs, disk.Syncs);
        }
    }

    [Fact]
    public void BackgroundSync_QuietLog_SetsNoTimerAndOneForManyAppends()
    {
        var time = new JournalTime();
        var disk = new FaultyDisk();
        using var log = new SegmentLog(new SegmentLogOptions { Folder = _fixture.Folder, Producer = JournalFixture.Producer, Epoch = 1, Time = time, Disk = disk });
        var syncs = disk.Syncs;
        Assert.Equal(0, time.Armed);

        JournalFixture.Append(log, 100);
        Assert.Equal(1, time.Armed);
        Assert.Equal(0, log.SyncedSeq);
        time.Advance(TimeSpan.FromMilliseconds(49));
        Assert.Equal(syncs, disk.Syncs);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(100, log.SyncedSeq);
        Assert.Equal(syncs + 1, disk.Syncs);
        Assert.Equal(0, time.Armed);
    }

    [Fact]
    public void Reader_WhileTheLogGrowsAndRolls_SeesEachDurableRecordOnceInOrder()
    {
        using var log = _fixture.OpenLog(segmentBytes: 2000);
        using var reader = new SegmentLogReader(log);
        var buffer = new byte[RecordFrame.MaxFrameBytes];
        var random = new Random(7);
        var next = 1L;
        for (var round = 0; round < 200; round++)
        {
            JournalFixture.Append(log, random.Next(10));
            Assert.True(reader.Read(log.SyncedSeq + 1, 10, buffer).IsEmpty);
            log.Sync();
            while (reader.Read(next, random.Next(1, 20), buffer) is { IsEmpty: false } run)
            {
                Assert.Equal(next, run.FirstSeq);
                Assert.Equal(run.Count, run.LastSeq - run.FirstSeq + 1);
                next = run.LastSeq + 1;
            }
        }

        Assert.Equal(log.LastSeq + 1, next);
        var again = reader.Read(5, 3, buffer);
        Assert.Equal((5, 7), (again.FirstSeq, again.LastSeq));
    }
}
