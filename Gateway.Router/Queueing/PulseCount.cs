namespace Gateway.Router.Queueing;

/// <summary>How many places became free, so that whoever looked for one before can tell that it missed one. Thread-safe, without a lock.</summary>
internal sealed class PulseCount
{
    private long _value = 1;

    /// <summary>Never 0.</summary>
    public long Value => Volatile.Read(ref _value);

    /// <summary>Counted before anybody looks who waits: the full fence is part of the promise.</summary>
    public void Add() => Interlocked.Increment(ref _value);
}
