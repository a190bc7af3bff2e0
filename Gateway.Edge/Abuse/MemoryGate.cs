using Gateway.Core.Errors;

namespace Gateway.Edge.Abuse;

/// <param name="Heap">Bytes that objects take, garbage that was not collected yet included.</param>
/// <param name="Limit">Bytes that the heap may have: of the container or the runtime's own setting, else of the machine.</param>
internal readonly record struct MemoryReading(long Heap, long Limit);

/// <summary>
/// Refuses requests with a body while the heap is over 85 % of what it may have: one that is refused now can be sent again, a process that dies takes all with it.
/// Thread-safe; looks every quarter of a second at most.
/// </summary>
/// <param name="read">How full the heap is.</param>
/// <param name="collect">Asks for a collection, without waiting for it.</param>
internal sealed class MemoryGate(TimeProvider time, Func<MemoryReading> read, Action collect)
{
    public const int MostPercent = 85;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    /// <summary>Who refuses makes no garbage, so nothing else might ever collect what is there.</summary>
    private static readonly TimeSpan Collect = TimeSpan.FromSeconds(5);

    private static readonly GatewayError Full = new(
        GatewayErrorKind.ServiceUnavailable, "The gateway is short of memory and takes no bodies for the moment. Send the request again.", RetryAfter: TimeSpan.FromSeconds(2));

    private readonly long _look = Ticks(Look, time);
    private readonly long _collect = Ticks(Collect, time);
    private long _lookedAt = long.MinValue;
    private long _collectedAt = long.MinValue;
    private volatile bool _isFull;

    /// <summary>That of this process.</summary>
    public static MemoryGate OfProcess(TimeProvider time) => new(
        time,
        static () => new MemoryReading(GC.GetTotalMemory(forceFullCollection: false), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
        static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Optimized, blocking: false));

    /// <returns>Why a body is not taken; null when it is.</returns>
    public GatewayError? Refuse()
    {
        var now = time.GetTimestamp();
        var looked = Volatile.Read(ref _lookedAt);
        if ((looked == long.MinValue || now - looked >= _look) && Interlocked.CompareExchange(ref _lookedAt, now, looked) == looked)
        {
            LookAgain(now);
        }

        return _isFull ? Full : null;
    }

    private void LookAgain(long now)
    {
        var reading = read();
        _isFull = reading.Limit > 0 && reading.Heap > reading.Limit / 100 * MostPercent;
        if (_isFull && (_collectedAt == long.MinValue || now - _collectedAt >= _collect))
        {
            _collectedAt = now;
            collect();
        }
    }

    private static long Ticks(TimeSpan span, TimeProvider time) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
