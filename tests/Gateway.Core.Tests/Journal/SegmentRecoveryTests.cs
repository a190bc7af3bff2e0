using Gateway.Core.Journal;

namespace Gateway.Core.Tests.Journal;

public sealed class SegmentRecoveryTests : IDisposable
{
    private readonly JournalFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Recovery_AfterACleanEnd_GivesBackEveryRecordAndReportsNothing()
    {
        using (var log = _fixture.OpenLog(segmentBytes: 4096))
        {
            for (var i = 0; i < 10; i++)
            {
                JournalFixture.Append(log, 50);
                log.Sync();
            }
        }

        var seqs = _fixture.Replay(out var report);

        Assert.True(_fixture.Segments().Length > 3);
        Assert.Equal(Enumerable.Range(1, 500).Select(static seq => (long)seq), seqs);
        AssertClean(report);
    }

    [Fact]
    public void Recovery_LastRecordTornAtEveryByte_KeepsAllOthersAndGoesOnAfterThem()
    {
        long whole;
        using (var log = _fixture.OpenLog())
        {
            JournalFixture.Append(log, 20);
            log.Sync();
            whole = log.Segments()[^1].Length;
        }

        var file = Assert.Single(_fixture.Segments());
        var bytes = File.ReadAllBytes(file);
        var last = (int)whole - (RecordFrame.HeaderBytes + 8 + (20 % 23));
        for (var length = last; length < whole; length++)
        {
            Reset(file, bytes[..length]);

            var seqs = _fixture.Replay(out var report);

            Assert.Equal(19, seqs.Count);
            Assert.Empty(report.Damaged);
            Assert.Empty(report.Gaps);
            Assert.Equal(length - last, report.TornTail?.Length ?? 0);
            Assert.Equal(19, _fixture.Replay(out report).Count);
            AssertClean(report);
        }
    }

    [Fact]
    public void Recovery_AnyByteOfAClosedSegmentFlipped_NamesItAndKeepsAllOtherRecords()
    {
        using (var log = _fixture.OpenLog(segmentBytes: 1))
        {
            JournalFixture.Append(log, 8);
            log.Sync();
            JournalFixture.Append(log, 3);
        }

        var files = _fixture.Segments();
        Assert.Equal(2, files.Length);
        var contents = files.Select(File.ReadAllBytes).ToArray();
        for (var position = 0; position < contents[0].Length; position++)
        {
            for (var i = 0; i < files.Length; i++)
            {
                Reset(files[i], contents[i], removeOthers: i == 0);
            }

            var flipped = (byte[])contents[0].Clone();
            flipped[position] ^= 0x10;
            File.WriteAllBytes(files[0], flipped);

            var seqs = _fixture.Replay(out var report);

            var missing = Enumerable.Range(1, 11).Select(static seq => (long)seq).Except(seqs).ToArray();
            Assert.True(missing.Length <= 1, $"byte {position}");
            Assert.Equal(missing, report.Gaps.SelectMany(static gap => Enumerable.Range((int)gap.FromSeq, (int)(gap.ToSeq - gap.FromSeq + 1))).Select(static seq => (long)seq));
            Assert.Contains(Assert.Single(report.Damaged).Damage, damage => damage.Offset <= position && position < damage.Offset + damage.Length);
            Assert.True(File.Exists(files[0] + ".damaged-1"));
            Assert.Equal(flipped, File.ReadAllBytes(files[0] + ".damaged-1"));
        }
    }

    [Fact]
    public void Recovery_BitFlippedInTheMiddleOfTheLastSegment_DoesNotCutTheGoodRecordsBehindIt()
    {
        long length;
        using (var log = _fixture.OpenLog())
        {
            JournalFixture.Append(log, 100);
            log.Sync();
            length = log.Segments()[^1].Length;
        }

        // As a killed process leaves it: no footer.
        var file = _fixture.Segments()[0];
        var bytes = File.ReadAllBytes(file)[..(int)length];
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);

        var seqs = _fixture.Replay(out var report);

        Assert.Equal(99, seqs.Count);
        Assert.Equal(100, seqs[^1]);
        Assert.Null(report.TornTail);
        var gap = Assert.Single(report.Gaps);
        Assert.Equal(gap.FromSeq, gap.ToSeq);
        Assert.DoesNotContain(gap.FromSeq, seqs);
    }

    [Fact]
    public void Recovery_SegmentMissing_NamesTheExactGapAndServesTheRest()
    {
        using (var log = _fixture.OpenLog(segmentBytes: 1))
        {
            for (var i = 0; i < 4; i++)
            {
                JournalFixture.Append(log, 10);
                log.Sync();
            }
        }

        File.Delete(_fixture.Segments()[1]);

        var seqs = _fixture.Replay(out var report);

        Assert.Equal(30, seqs.Count);
        Assert.Equal(new JournalGap(11, 20), Assert.Single(report.Gaps));
    }

    [Fact]
    public void Recovery_FirstSegmentMissingAfterWhatIsAcknowledged_NamesTheGap()
    {
        using (var log = _fixture.OpenLog(segmentBytes: 1))
        {
            JournalFixture.Append(log, 10);
            log.Sync();
            JournalFixture.Append(log, 10);
        }

        File.Delete(_fixture.Segments()[0]);

        _fixture.Replay(out var report, lastKnown: 4);

        Assert.Equal(new JournalGap(5, 10), Assert.Single(report.Gaps));
        _fixture.Replay(out report, lastKnown: 10);
        Assert.Empty(report.Gaps);
    }

    [Fact]
    public void Recovery_SegmentThereTwice_CountsItsRecordsOnce()
    {
        using (var log = _fixture.OpenLog(segmentBytes: 1))
        {
            JournalFixture.Append(log, 10);
            log.Sync();
            JournalFixture.Append(log, 10);
        }

        var files = _fixture.Segments();
        File.Copy(files[0], Path.Combine(_fixture.Folder, "0000000009.seg"));

        var seqs = _fixture.Replay(out var report);

        Assert.Equal(Enumerable.Range(1, 20).Select(static seq => (long)seq), seqs);
        Assert.Single(report.Damaged);
    }

    [Fact]
    public void Recovery_TwoStartsWithoutARecord_LeavesOneSequenceWithoutAGap()
    {
        for (var start = 0; start < 3; start++)
        {
            using var log = _fixture.OpenLog();
        }

        using (var log = _fixture.OpenLog())
        {
            JournalFixture.Append(log, 5);
        }

        Assert.Equal([1, 2, 3, 4, 5], _fixture.Replay(out var report));
        AssertClean(report);
    }

    private void Reset(string file, byte[] bytes, bool removeOthers = true)
    {
        if (removeOthers)
        {
            foreach (var other in Directory.GetFiles(_fixture.Folder))
            {
                File.Delete(other);
            }
        }

        File.WriteAllBytes(file, bytes);
    }

    private static void AssertClean(RecoveryReport report)
    {
        Assert.Empty(report.Gaps);
        Assert.Empty(report.Damaged);
        Assert.Null(report.TornTail);
    }
}
