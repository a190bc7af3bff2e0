namespace Gateway.Core.Admission.Redis;

/// <summary>How far the clock of Redis is from this process's, learned from answers. Good to half a round trip. Thread-safe (interlocked).</summary>
internal sealed class StoreClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>Microseconds to add; <see cref="long.MinValue"/> for unknown.</summary>
    private long _offset = long.MinValue;

    /// <summary>Microseconds on this process's clock.</summary>
    public long Own => time.GetElapsedTime(_start).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The clock of Redis as far as it is known, in microseconds; 0 for unknown.</summary>
    public long Now => Volatile.Read(ref _offset) is var offset && offset == long.MinValue ? 0 : Own + offset;

    /// <param name="asked"><see cref="Own"/> before the call.</param>
    /// <param name="told">The clock of Redis in its answer.</param>
    public void Learn(long asked, long told) => Volatile.Write(ref _offset, told - ((asked + Own) / 2));
}
