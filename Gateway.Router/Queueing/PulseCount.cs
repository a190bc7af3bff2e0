namespace Gateway.Router.Queueing;

/// <summary>How many places became free, so that whoever looked for one before can tell that it missed one. Thread-safe, without a lock.</summary>
internal sealed class PulseCount
{
    private long _value = 1;
    private int _waiters;

    /// <summary>Never 0.</summary>
    public long Value => Volatile.Read(ref _value);

    /// <summary>Requests that wait in any of the rooms: while there are none, a place that becomes free concerns nobody.</summary>
    public int Waiters => Volatile.Read(ref _waiters);

    /// <summary>Somebody sits down. Before it looks at <see cref="Value"/>: the full fence is part of the promise.</summary>
    public void Enter() => Interlocked.Increment(ref _waiters);

    public void Leave() => Interlocked.Decrement(ref _waiters);

    /// <summary>Counted before anybody looks who waits: the full fence is part of the promise.</summary>
    public void Add() => Interlocked.Increment(ref _value);
}
