using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Core.Requests;

namespace Gateway.Usage.Tests;

/// <summary>A Router's journal as the ledger sees it: records with numbers, and batches of any part of them.</summary>
internal sealed class FakeJournal(uint epoch = 1)
{
    private readonly List<(long First, byte[] Frame)> _records = [];

    public static readonly long Noon = new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    public Guid Producer { get; init; } = Guid.NewGuid();

    public uint Epoch { get; set; } = epoch;

    public long LastSeq { get; private set; }

    public static UsageFinal Final(
        Guid? id = null, string key = "demo", string model = "gpt-4o", string deployment = "openai/gpt-4o", string team = "research", int status = 200,
        long input = 100, long output = 40, long time = 0) => new()
        {
            Intent = new UsageIntent
            {
                RequestId = id ?? Guid.NewGuid(),
                TimeUnixMs = time == 0 ? Noon : time,
                KeyId = key,
                Team = team,
                User = "ada",
                Operation = LlmOperation.ChatCompletions,
                RequestedModel = model,
                Deployment = deployment,
                Price = new TokenPrice(2_000_000_000, 1_000_000_000, 0, 8_000_000_000),
            },
            Ending = RequestEnding.Completed,
            Status = status,
            AnsweredModel = model,
            Usage = new TokenUsage(input, 10, 0, output, 5),
            CostNanoUsd = ((input - 10) * 2000) + (10 * 1000) + (output * 8000),
            DurationMs = 250,
        };

    /// <summary>The same request, answered by its call after others that are charged for too.</summary>
    public static UsageFinal After(UsageFinal final, params (string Deployment, TokenUsage Usage, long CostNanoUsd)[] others)
    {
        var attempts = others.Select((other, index) => new UsageAttempt
        {
            Number = index + 1,
            Deployment = other.Deployment,
            Credential = "up#" + (index + 1),
            Ending = RequestEnding.UpstreamError,
            UpstreamStatus = 503,
            Failure = "overloaded",
            Usage = other.Usage,
            CostNanoUsd = other.CostNanoUsd,
            Flags = UsageFlags.Estimated,
            StartMs = 10 * index,
            DurationMs = 9,
        });
        var answering = new UsageAttempt
        {
            Number = others.Length + 1,
            Deployment = final.Intent.Deployment,
            Ending = final.Ending,
            UpstreamStatus = final.Status,
            AnsweredModel = final.AnsweredModel,
            Usage = final.Usage,
            CostNanoUsd = final.CostNanoUsd,
            StartMs = 10 * others.Length,
            DurationMs = 200,
            TimeToFirstTokenMs = 30,
            IsHedge = others.Length > 1,
        };
        return final with
        {
            Intent = final.Intent with { Attempt = others.Length + 1 },
            Usage = others.Aggregate(final.Usage, static (sum, other) => sum + other.Usage),
            CostNanoUsd = final.CostNanoUsd + others.Sum(static other => other.CostNanoUsd),
            Attempts = others.Length + 1,
            AttemptRecords = [.. attempts, answering],
        };
    }

    public FakeJournal Add(UsageFinal final)
    {
        Add(JournalRecordType.Final, final.Intent.RequestId, space => UsageRecordCodec.Write(final, space));
        return this;
    }

    /// <summary>
    /// A request without attempts, labels, tier and warnings as layouts 1 to 4 had it: they end before the tokens of sound, before the number of attempts, and the later two before tier and warnings.
    /// </summary>
    public FakeJournal AddOld(UsageFinal final, byte version)
    {
        Add(JournalRecordType.Final, final.Intent.RequestId, space => UsageRecordCodec.Write(final, space) - (version switch { 1 => 5, 2 => 3, _ => 2 }), version);
        return this;
    }

    public FakeJournal Add(UsageIntent intent)
    {
        Add(JournalRecordType.Intent, intent.RequestId, space => UsageRecordCodec.Write(intent, space));
        return this;
    }

    /// <summary>Numbers that the journal has lost.</summary>
    public FakeJournal Lose(long records)
    {
        var note = new byte[RecordFrame.HeaderBytes + 16];
        var first = LastSeq + 1;
        LastSeq += records;
        var length = GapNote.Write(note, Producer, Epoch, first, LastSeq);
        _records.Add((first, note[..length]));
        return this;
    }

    /// <summary>A journal that goes on from here as a copy of its own.</summary>
    public FakeJournal Backup()
    {
        var copy = new FakeJournal(Epoch) { Producer = Producer, LastSeq = LastSeq };
        copy._records.AddRange(_records);
        return copy;
    }

    public byte[] Batch(long from, long to)
    {
        var records = _records.Where(record => record.First >= from && record.First <= to).Select(static record => record.Frame).ToArray();
        var bytes = records.Sum(static record => record.Length);
        var batch = new byte[UsageBatch.HeaderBytes + bytes + UsageBatch.TrailerBytes];
        records.SelectMany(static record => record).ToArray().CopyTo(batch, UsageBatch.HeaderBytes);
        UsageBatch.Seal(batch, bytes, new UsageBatchHead(Producer, Epoch, from, to, records.Length));
        return batch;
    }

    public byte[] All() => Batch(1, LastSeq);

    /// <summary>All records as a batch, which the journal then forgets.</summary>
    public byte[] Cut()
    {
        var batch = Batch(_records[0].First, LastSeq);
        _records.Clear();
        return batch;
    }

    private void Add(JournalRecordType type, Guid id, Func<byte[], int> encode, byte version = UsageRecordCodec.Version)
    {
        var payload = new byte[RecordFrame.MaxPayloadBytes];
        var length = encode(payload);
        var frame = new byte[RecordFrame.HeaderBytes + length];
        payload.AsSpan(0, length).CopyTo(frame.AsSpan(RecordFrame.HeaderBytes));
        LastSeq++;
        RecordFrame.Seal(frame, type, version, Producer, Epoch, LastSeq, id);
        _records.Add((LastSeq, frame));
    }
}
