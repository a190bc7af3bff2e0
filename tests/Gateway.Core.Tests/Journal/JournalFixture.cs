using System.Buffers.Binary;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Core.Tests.Journal;

/// <summary>A folder of its own for one test, and short ways to write and read logs in it.</summary>
internal sealed class JournalFixture : IDisposable
{
    public static readonly Guid Producer = new("00112233-4455-6677-8899-aabbccddeeff");

    public JournalFixture() => Directory.CreateDirectory(Folder);

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), "journal-" + Guid.NewGuid().ToString("N"));

    public static UsageIntent Intent(Guid id, string key = "demo") => new()
    {
        RequestId = id,
        TimeUnixMs = 1_800_000_000_000,
        KeyId = key,
        Team = "research",
        User = "ada",
        Operation = LlmOperation.ChatCompletions,
        RequestedModel = "gpt-4o",
        Deployment = "openai/gpt-4o",
        Stream = true,
        EstimatedInputTokens = 100,
        Price = new TokenPrice(2_500_000_000, 1_250_000_000, 0, 10_000_000_000),
    };

    public static UsageFinal Final(UsageIntent intent) => new()
    {
        Intent = intent,
        Ending = RequestEnding.Completed,
        Status = 200,
        AnsweredModel = "gpt-4o-2024",
        Usage = new TokenUsage(90, 10, 0, 40, 5),
        CostNanoUsd = 612_500,
        Attempts = 2,
        DurationMs = 1234,
        TimeToFirstTokenMs = 56,
    };

    /// <summary>An id that shows its number.</summary>
    public static Guid Id(long number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], number);
        return new Guid(bytes, bigEndian: true);
    }

    public SegmentLog OpenLog(RecordVisitor? replay = null, long segmentBytes = 64 * 1024 * 1024, uint epoch = 1, JournalDisk? disk = null, long lastKnown = 0) => new(
        new SegmentLogOptions { Folder = Folder, Producer = Producer, Epoch = epoch, SegmentBytes = segmentBytes, SyncAfter = null, Disk = disk ?? JournalDisk.Real, LastKnownSeq = lastKnown },
        replay);

    public UsageJournal OpenJournal(JournalTime time, UsageJournalOptions? options = null) =>
        new(JournalFolder.TryClaim(Folder, time)!, (options ?? new UsageJournalOptions()) with { Time = time });

    public static void Append(SegmentLog log, int records)
    {
        for (var i = 0; i < records; i++)
        {
            var number = log.LastSeq + 1;
            log.Append(JournalRecordType.Void, 1, Id(number), number, static (value, space) =>
            {
                // Payloads of changing length, so that frames do not line up with anything.
                var length = 8 + (int)(value % 23);
                space[..length].Fill((byte)value);
                return length;
            }, out _);
        }
    }

    public List<long> Replay(out RecoveryReport report, long lastKnown = 0)
    {
        var seqs = new List<long>();
        using var log = OpenLog((in JournalRecord record, RecordLocation _) =>
        {
            Assert.Equal(Id(record.Seq), record.RequestId);
            Assert.Equal(8 + (int)(record.Seq % 23), record.Payload.Length);
            seqs.Add(record.Seq);
        }, epoch: 2, lastKnown: lastKnown);
        report = log.Recovery;
        return seqs;
    }

    public string[] Segments() => [.. Directory.GetFiles(Folder, "*.seg").Order()];

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

/// <summary>A disk that can be told to fail.</summary>
internal sealed class FaultyDisk : JournalDisk
{
    public bool WriteFails { get; set; }

    public bool SyncFails { get; set; }

    public int Syncs { get; private set; }

    public long Free { get; set; } = long.MaxValue / 4;

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        if (WriteFails)
        {
            throw new IOException("No space left on device");
        }

        base.Write(file, bytes, offset);
    }

    public override void Sync(SafeFileHandle file)
    {
        Syncs++;
        if (SyncFails)
        {
            throw new IOException("Input/output error");
        }

        base.Sync(file);
    }

    public bool FreeFails { get; set; }

    public override long FreeBytes(string folder) => FreeFails ? throw new DriveNotFoundException() : Free;
}
