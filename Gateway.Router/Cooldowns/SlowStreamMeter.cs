using Gateway.Core.Configuration;

namespace Gateway.Router.Cooldowns;

/// <summary>
/// Finds a stream that is alive and too slow: fewer events with content in a second than <see cref="SlowStreamConfig"/> wants, averaged over its window. The
/// time before the first event is not its matter. Belongs to one stream; not thread-safe, nothing is allocated.
/// </summary>
/// <param name="config">Null: no stream is slow.</param>
internal struct SlowStreamMeter(SlowStreamConfig? config)
{
    private readonly long _window = config?.Window.Ticks ?? 0;
    private readonly double _leastPerSecond = config?.EventsPerSecond ?? 0;
    private long _since;
    private long _excluded;
    private int _events;

    /// <summary>Whether it was ever found to be slow.</summary>
    public bool IsSlow { get; private set; }

    /// <summary>One event with content came.</summary>
    /// <param name="now">Ticks.</param>
    /// <returns>True once, when it is found to be slow.</returns>
    public bool Note(long now)
    {
        if (_window == 0 || IsSlow)
        {
            return false;
        }

        if (_since == 0)
        {
            _since = now;
            return false;
        }

        _events++;
        var elapsed = now - _since - _excluded;
        if (elapsed < _window)
        {
            return false;
        }

        IsSlow = _events < _leastPerSecond * elapsed / TimeSpan.TicksPerSecond;
        (_since, _excluded, _events) = (now, 0, 0);
        return IsSlow;
    }

    /// <summary>Takes out time in which the client held the stream back: it is no fault of the upstream.</summary>
    public void Exclude(long ticks) => _excluded += _since == 0 ? 0 : ticks;
}
