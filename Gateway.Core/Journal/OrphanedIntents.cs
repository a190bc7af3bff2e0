using Gateway.Core.Money;

namespace Gateway.Core.Journal;

/// <summary>Finds, while a journal is replayed, the requests that were dispatched and never ended.</summary>
internal sealed class OrphanedIntents
{
    private readonly Dictionary<Guid, UsageIntent> _open = [];

    public IEnumerable<UsageIntent> Left => _open.Values;

    public int Unreadable { get; private set; }

    public void Visit(in JournalRecord record, RecordLocation location)
    {
        switch (record.Type)
        {
            case JournalRecordType.Intent:
                try
                {
                    _open[record.RequestId] = UsageRecordCodec.ReadIntent(record.Version, record.RequestId, record.Payload);
                }
                catch (InvalidDataException)
                {
                    // Written by a newer build. Its checksum is right, so the record stays; only this build cannot charge for it.
                    Unreadable++;
                }

                break;
            case JournalRecordType.Final or JournalRecordType.Void:
                _open.Remove(record.RequestId);
                break;
            case JournalRecordType.Progress or JournalRecordType.Checkpoint:
                break;
        }
    }

    /// <summary>The end of a request whose Router died: what it surely cost is its input.</summary>
    public static UsageFinal Settle(UsageIntent intent)
    {
        var usage = new TokenUsage(intent.EstimatedInputTokens, CachedInput: 0, CacheWrite: 0, Output: 0, Reasoning: 0);
        return new UsageFinal
        {
            Intent = intent,
            Ending = RequestEnding.Recovered,
            Status = 0,    // what the client got died with the process
            Usage = usage,
            CostNanoUsd = intent.Price?.Cost(usage) ?? 0,
            Flags = intent.Flags | UsageFlags.Estimated | UsageFlags.Incomplete | (intent.Price is null ? UsageFlags.Unpriced : UsageFlags.None),
        };
    }
}
