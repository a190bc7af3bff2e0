using Gateway.Core.Money;

namespace Gateway.Core.Journal;

/// <summary>The journal of one Router process: appends, remembers what is acknowledged, and watches its room.</summary>
public sealed class UsageJournal : IUsageJournal, IDisposable
{
    private const string AcknowledgedName = "acknowledged";
    private static readonly TimeSpan MarkEvery = TimeSpan.FromSeconds(1);

    private readonly UsageJournalOptions _options;
    private readonly JournalFolder _folder;
    private readonly OpenIntents _open = new();
    private readonly JournalRoom _room;
    private readonly Lock _acknowledgeLock = new();
    private long _acknowledged;
    private long _markedAt;
    private long _marked;

    /// <summary>Recovers the folder's journal: mends it, and gives every request that a dead process left open its final record.</summary>
    /// <param name="folder">Owned by the journal from here on.</param>
    /// <param name="options">How it is kept.</param>
    public UsageJournal(JournalFolder folder, UsageJournalOptions options)
    {
        _options = options;
        _folder = folder;
        _acknowledged = _marked = StateFile.Read(folder.Path, AcknowledgedName) is [var seq] ? seq : 0;
        _markedAt = options.Time.GetTimestamp();
        var orphans = new OrphanedIntents();
        Log = new SegmentLog(
            new SegmentLogOptions
            {
                Folder = folder.Path,
                Producer = folder.Producer,
                Epoch = folder.Epoch,
                SegmentBytes = options.SegmentBytes,
                LastKnownSeq = _acknowledged,
                Time = options.Time,
                Disk = options.Disk,
                Failed = OnFailed,
                Synced = OnSynced,
            },
            orphans.Visit);
        _room = new JournalRoom(Log, folder.Path, options);
        foreach (var final in orphans.Settle())
        {
            Log.Append(JournalRecordType.Final, UsageRecordCodec.Version, final.Intent.RequestId, final, UsageRecordCodec.Write, out _);
            RecoveredRequests++;
        }

        UnreadableIntents = orphans.Unreadable;
        Log.Sync();
        _room.Update(_acknowledged);
    }

    /// <summary>Raised after records became durable. Handlers must be quick.</summary>
    public event Action? Synced;

    public SegmentLog Log { get; }

    public Guid Producer => _folder.Producer;

    public uint Epoch => _folder.Epoch;

    public string Folder => _folder.Path;

    /// <summary>Requests that the start found without an end, and ended.</summary>
    public int RecoveredRequests { get; }

    /// <summary>Intents of a layout that this build cannot read, so that nobody could be charged.</summary>
    public int UnreadableIntents { get; }

    /// <summary>Last record that the ledger holds.</summary>
    public long AcknowledgedSeq => Volatile.Read(ref _acknowledged);

    public bool IsWritable => Log.Failure is null && _room.IsEnough;

    /// <summary>Bytes that wait for the ledger, and the share of their room that is left, 0 to 1.</summary>
    public JournalRoomState Room => _room.State;

    public ValueTask AppendIntentAsync(UsageIntent intent)
    {
        // Before the append: a lower bound of its place, so that its segment can never go while the request runs.
        _open.Add(intent.RequestId, Log.LastSeq + 1);
        Log.Append(JournalRecordType.Intent, UsageRecordCodec.Version, intent.RequestId, intent, UsageRecordCodec.Write, out _);
        return ValueTask.CompletedTask;
    }

    /// <summary>Counts above <see cref="TokenUsage.Most"/> are written as that and marked <see cref="UsageFlags.Estimated"/>: what the server said is no count.</summary>
    public ValueTask AppendFinalAsync(UsageFinal final)
    {
        var usage = final.Usage.Capped();
        if (usage != final.Usage)
        {
            final = final with { Usage = usage, Flags = final.Flags | UsageFlags.Estimated, AttemptRecords = Capped(final.AttemptRecords) };
        }

        Log.Append(JournalRecordType.Final, UsageRecordCodec.Version, final.Intent.RequestId, final, UsageRecordCodec.Write, out _);
        _open.Remove(final.Intent.RequestId);
        return ValueTask.CompletedTask;
    }

    /// <summary>Says that the ledger holds everything up to a record. Frees the segments that nobody needs any more.</summary>
    public void Acknowledge(long seq)
    {
        lock (_acknowledgeLock)
        {
            if (seq <= _acknowledged)
            {
                return;
            }

            Volatile.Write(ref _acknowledged, seq);
            var needed = Math.Min(seq, _open.Oldest() - 1);
            var frees = Log.Segments() is [var oldest, _, ..] && oldest.LastSeq <= needed;
            if (frees || _options.Time.GetElapsedTime(_markedAt) >= MarkEvery)
            {
                // The mark first: without it a deleted segment would look like a lost one.
                Mark();
                Log.DeleteThrough(needed);
            }

            _room.Update(seq);
        }
    }

    /// <summary>Makes all durable and gives the folder free.</summary>
    public void Dispose()
    {
        try
        {
            Log.Dispose();
            lock (_acknowledgeLock)
            {
                if (Log.Failure is null && _acknowledged > _marked)
                {
                    Mark();
                }
            }
        }
        finally
        {
            _room.Dispose();
            _folder.Dispose();
        }
    }

    private static UsageAttempt[] Capped(IReadOnlyList<UsageAttempt> attempts)
    {
        var capped = new UsageAttempt[attempts.Count];
        for (var i = 0; i < capped.Length; i++)
        {
            var usage = attempts[i].Usage.Capped();
            capped[i] = usage == attempts[i].Usage ? attempts[i] : attempts[i] with { Usage = usage, Flags = attempts[i].Flags | UsageFlags.Estimated };
        }

        return capped;
    }

    private void Mark()
    {
        StateFile.Write(_folder.Path, AcknowledgedName, [_acknowledged], _options.Disk);
        _marked = _acknowledged;
        _markedAt = _options.Time.GetTimestamp();
    }

    private void OnFailed(Exception exception) => _options.Failed?.Invoke(exception);

    private void OnSynced()
    {
        Synced?.Invoke();    // first: whatever the look at the disk brings, the shipper is woken
        _room.UpdateNowAndThen(AcknowledgedSeq);
    }
}
