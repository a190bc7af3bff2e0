namespace Gateway.Core.Admission.Redis;

/// <summary>How far the clock of Redis is from this process's, learned from answers. Good to half a round trip of at most 50 ms, where there was one. Thread-safe (interlocked).</summary>
internal sealed class StoreClock(TimeProvider time)
{
    private const long ExactMicros = 25_000;

    private readonly long _start = time.GetTimestamp();

    /// <summary>Microseconds to add; <see cref="long.MinValue"/> for unknown.</summary>
    private long _offset = long.MinValue;

    /// <summary>Microseconds on this process's clock.</summary>
    public long Own => time.GetElapsedTime(_start).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The clock of Redis as far as it is known, in microseconds; 0 for unknown.</summary>
    public long Now => Volatile.Read(ref _offset) is var offset && offset == long.MinValue ? 0 : Own + offset;

    /// <summary>
    /// Takes over what an answer says. One that this process was slow to read says little: it counts only while nothing is known, or when it cannot be explained by that.
    /// </summary>
    /// <param name="asked"><see cref="Own"/> before the call.</param>
    /// <param name="told">The clock of Redis in its answer.</param>
    public void Learn(long asked, long told)
    {
        var error = (Own - asked) / 2;
        var offset = told - asked - error;
        var known = Volatile.Read(ref _offset);
        if (error <= ExactMicros || known == long.MinValue || Math.Abs(offset - known) > error + ExactMicros)
        {
            Volatile.Write(ref _offset, offset);
        }
    }
}
