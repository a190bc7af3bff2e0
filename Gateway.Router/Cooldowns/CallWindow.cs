namespace Gateway.Router.Cooldowns;

/// <summary>Calls and failures of the last 30 seconds, in buckets of one second. Not thread-safe.</summary>
internal sealed class CallWindow
{
    public const int Seconds = 30;

    private readonly int[] _calls = new int[Seconds];
    private readonly int[] _failures = new int[Seconds];
    private long _second;

    public int Calls { get; private set; }

    public int Failures { get; private set; }

    public void Add(long now, bool failed)
    {
        Advance(now);
        var bucket = (int)(_second % Seconds);
        _calls[bucket]++;
        Calls++;
        if (failed)
        {
            _failures[bucket]++;
            Failures++;
        }
    }

    /// <summary>Forgets what is older than the window.</summary>
    public void Advance(long now)
    {
        var second = now / TimeSpan.TicksPerSecond;
        if (second - _second >= Seconds)
        {
            Clear();
            _second = second;
        }

        while (_second < second)
        {
            var bucket = (int)(++_second % Seconds);
            Calls -= _calls[bucket];
            Failures -= _failures[bucket];
            _calls[bucket] = _failures[bucket] = 0;
        }
    }

    public void Clear()
    {
        _calls.AsSpan().Clear();
        _failures.AsSpan().Clear();
        Calls = Failures = 0;
    }
}
