namespace Gateway.Core.Journal;

/// <summary>How full a journal is.</summary>
/// <param name="UnshippedBytes">Bytes that wait for the ledger.</param>
/// <param name="Share">Share of the room that is left, 0 to 1.</param>
public readonly record struct JournalRoomState(long UnshippedBytes, double Share);

/// <summary>Watches that the journal keeps room for the ends of what is dispatched: below 5 % nothing new may start.</summary>
internal sealed class JournalRoom : IDisposable
{
    private const double LeastShare = 0.05;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly SegmentLog _log;
    private readonly string _folder;
    private readonly UsageJournalOptions _options;
    private readonly ITimer _again;
    private readonly Lock _lock = new();
    private JournalRoomState _state = new(0, 1);
    private volatile bool _isEnough = true;
    private long _acknowledged;
    private long _lookedAt;
    private long _free = long.MaxValue / 2;    // what the disk last said; until it has, only the limit counts

    public JournalRoom(SegmentLog log, string folder, UsageJournalOptions options)
    {
        (_log, _folder, _options) = (log, folder, options);
        _again = options.Time.CreateTimer(static room => ((JournalRoom)room!).LookAgain(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool IsEnough => _isEnough;

    public JournalRoomState State
    {
        get
        {
            lock (_lock)
            {
                return _state;
            }
        }
    }

    /// <summary>Looks at the disk at most once a second, however often it is called.</summary>
    public void UpdateNowAndThen(long acknowledged)
    {
        if (_options.Time.GetElapsedTime(Volatile.Read(ref _lookedAt)) >= LookEvery)
        {
            Update(acknowledged);
        }
    }

    public void Update(long acknowledged)
    {
        lock (_lock)
        {
            _lookedAt = _options.Time.GetTimestamp();
            _acknowledged = acknowledged;
            var unshipped = UnshippedBytes(_log.Segments(), acknowledged);

            // A segment's worth of disk is kept for closing files and marks; a full disk would otherwise end the process.
            var isKnown = TryLook();
            var free = Math.Max(0, _free - _options.SegmentBytes);
            var budget = Math.Min(_options.MaxUnshippedBytes, unshipped + free);
            var share = budget <= 0 ? 0 : Math.Clamp((budget - unshipped) / (double)budget, 0, 1);
            _state = new JournalRoomState(unshipped, share);
            _isEnough = share >= LeastShare;
            if (!_isEnough || !isKnown)
            {
                // With no traffic nothing else would notice that there is room again.
                _again.Change(LookEvery, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose() => _again.Dispose();

    private void LookAgain() => Update(Volatile.Read(ref _acknowledged));

    // Called on a timer too, where an exception would end the process: a mount that does not answer now may do so in a second, and a
    // disk that is really broken says so at the next write.
    private bool TryLook()
    {
        try
        {
            _free = _options.Disk.FreeBytes(_folder);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    // By whole segments and the acknowledged share of the first: exact enough for a limit, and no record is read.
    private static long UnshippedBytes(IReadOnlyList<SegmentInfo> segments, long acknowledged)
    {
        var bytes = 0L;
        foreach (var segment in segments)
        {
            if (segment.LastSeq <= acknowledged)
            {
                continue;
            }

            var records = segment.LastSeq - segment.FirstSeq + 1;
            var waiting = segment.LastSeq - Math.Max(acknowledged, segment.FirstSeq - 1);
            bytes += (long)(segment.Length * (waiting / (double)records));
        }

        return bytes;
    }
}
