namespace Gateway.Edge.Admission;

/// <summary>Whether Redis may be asked. Open from the start: the first good probe closes it. Thread-safe.</summary>
internal sealed class RedisBreaker
{
    private const int FailuresToOpen = 5;
    private const int ProbesToCloseAgain = 3;

    private readonly Lock _lock = new();
    private volatile bool _closed;
    private volatile int _failures;
    private int _goodProbes;
    private int _probesNeeded = 1;

    public bool IsClosed => _closed;

    /// <summary>A call gave an answer.</summary>
    public void Succeeded()
    {
        // Read first: a write per request would pass the cache line from core to core.
        if (_failures != 0)
        {
            _failures = 0;
        }
    }

    /// <summary>A call gave no answer.</summary>
    /// <returns>True when this one opened the breaker.</returns>
    public bool Failed()
    {
        lock (_lock)
        {
            if (!_closed || ++_failures < FailuresToOpen)
            {
                return false;
            }

            _closed = false;
            _goodProbes = 0;
            _probesNeeded = ProbesToCloseAgain;
            return true;
        }
    }

    /// <summary>A probe ended. While the breaker is closed it changes nothing; a bad one counts by <see cref="Failed"/>.</summary>
    /// <returns>True when this one closed the breaker.</returns>
    public bool Probed(bool good)
    {
        lock (_lock)
        {
            _goodProbes = good ? _goodProbes + 1 : 0;
            if (_closed || _goodProbes < _probesNeeded)
            {
                return false;
            }

            _failures = 0;
            _closed = true;
            return true;
        }
    }
}
