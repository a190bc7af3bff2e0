using Gateway.Core.Money;

namespace Gateway.Core.Journal;

/// <summary>Finds, while a journal is replayed, the requests that were dispatched and never ended. Not thread-safe.</summary>
internal sealed class OrphanedIntents
{
    private readonly Dictionary<Guid, List<UsageIntent>> _open = [];

    public int Unreadable { get; private set; }

    public void Visit(in JournalRecord record, RecordLocation location)
    {
        switch (record.Type)
        {
            case JournalRecordType.Intent:
                try
                {
                    Add(UsageRecordCodec.ReadIntent(record.Version, record.RequestId, record.Payload));
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

    /// <summary>One end for each request that has none.</summary>
    public IEnumerable<UsageFinal> Settle() => _open.Values.Select(Settle);

    private void Add(UsageIntent intent)
    {
        if (!_open.TryGetValue(intent.RequestId, out var intents))
        {
            _open.Add(intent.RequestId, [intent]);
            return;
        }

        // In the order of dispatch, each attempt once.
        var at = intents.FindIndex(known => known.Attempt >= intent.Attempt);
        if (at < 0)
        {
            intents.Add(intent);
        }
        else if (intents[at].Attempt == intent.Attempt)
        {
            intents[at] = intent;
        }
        else
        {
            intents.Insert(at, intent);
        }
    }

    /// <summary>The end of a request whose Router died: what it surely cost is the input of its last call, and what that one carries.</summary>
    private static UsageFinal Settle(List<UsageIntent> intents)
    {
        var last = intents[^1];
        var usage = new TokenUsage(last.EstimatedInputTokens, CachedInput: 0, CacheWrite: 0, Output: 0, Reasoning: 0);
        var cost = last.Price?.Cost(usage) ?? 0;
        var flags = last.Flags | UsageFlags.Estimated | UsageFlags.Incomplete | (last.Price is null ? UsageFlags.Unpriced : UsageFlags.None);
        var attempts = new UsageAttempt[intents.Count];
        for (var i = 0; i < attempts.Length - 1; i++)
        {
            // What an attempt cost is what the next one carries more than it did itself.
            var next = intents[i + 1];
            attempts[i] = Recovered(intents[i]) with
            {
                Usage = Difference(next.CarriedUsage, intents[i].CarriedUsage),
                CostNanoUsd = Math.Max(0, next.CarriedNanoUsd - intents[i].CarriedNanoUsd),
                Flags = intents[i].Flags | UsageFlags.Incomplete,
            };
        }

        attempts[^1] = Recovered(last) with { Usage = usage, CostNanoUsd = cost, Flags = flags };
        return new UsageFinal
        {
            Intent = last,
            Ending = RequestEnding.Recovered,
            Status = 0,    // what the client got died with the process
            Usage = (usage + last.CarriedUsage).Capped(),
            CostNanoUsd = (long)Int128.Min((Int128)cost + last.CarriedNanoUsd, long.MaxValue),
            Flags = flags,
            Attempts = last.Attempt,
            AttemptRecords = attempts,
        };
    }

    // When it began and ended died with the process.
    private static UsageAttempt Recovered(UsageIntent intent) => new() { Number = intent.Attempt, Deployment = intent.Deployment, Ending = RequestEnding.Recovered };

    private static TokenUsage Difference(in TokenUsage more, in TokenUsage less) => new(
        Math.Max(0, more.Input - less.Input), Math.Max(0, more.CachedInput - less.CachedInput), Math.Max(0, more.CacheWrite - less.CacheWrite), Math.Max(0, more.Output - less.Output), Math.Max(0, more.Reasoning - less.Reasoning))
    {
        CacheWrite1h = Math.Max(0, more.CacheWrite1h - less.CacheWrite1h),
        AudioInput = Math.Max(0, more.AudioInput - less.AudioInput),
        AudioOutput = Math.Max(0, more.AudioOutput - less.AudioOutput),
    };
}
