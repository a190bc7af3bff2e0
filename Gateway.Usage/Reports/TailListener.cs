using System.Threading.Channels;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Reports;

/// <summary>One reader of the tail. What it does not take in time is dropped, oldest first, and counted: a slow reader must not hold the others, nor memory. Thread-safe.</summary>
internal sealed class TailListener
{
    /// <summary>Most requests that wait for a reader.</summary>
    public const int Room = 256;

    private readonly Channel<LedgerEntry?> _waiting;
    private readonly IReadOnlyList<UsageFilter>? _filters;
    private long _dropped;

    /// <param name="filters">What it wants to hear of; null for all.</param>
    /// <param name="expires">When it must ask anew.</param>
    public TailListener(IReadOnlyList<UsageFilter>? filters, DateTimeOffset expires)
    {
        (_filters, Expires) = (filters, expires);
        _waiting = Channel.CreateBounded<LedgerEntry?>(
            new BoundedChannelOptions(Room) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            entry => Interlocked.Add(ref _dropped, entry is null ? 0 : 1));
    }

    public DateTimeOffset Expires { get; }

    /// <summary>What happens; null for a sign of life.</summary>
    public ChannelReader<LedgerEntry?> News => _waiting.Reader;

    public void Offer(LedgerEntry entry)
    {
        if (UsageGrouping.Passes(entry.Final, entry.Final.Intent.Deployment, _filters))
        {
            _waiting.Writer.TryWrite(entry);
        }
    }

    public void Ping() => _waiting.Writer.TryWrite(null);

    /// <summary>Counts requests that nobody can tell any more.</summary>
    public void Miss(long count) => Interlocked.Add(ref _dropped, count);

    public void End() => _waiting.Writer.TryComplete();

    /// <summary>Requests that were dropped since this was asked last.</summary>
    public long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);
}
