namespace Gateway.Core.Admission.Redis;

/// <summary>
/// Whether Redis may be asked, and by how much of the calls. Open from the start: the first good probe closes it. Afterwards it opens by 5 failures in a row, by a fifth of at least 50 calls
/// in 5 s that failed, or when more than a twentieth of the calls took longer than 25 ms for 2 s. Three good probes in a row close it, and the share of calls grows within 3 s. Thread-safe (short lock).
/// </summary>
internal sealed class RedisBreaker(TimeProvider time)
{
    /// <summary>An answer that takes longer is slow; a probe that does is a bad one.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(25);

    private const int FailuresToOpen = 5;
    private const int ProbesToCloseAgain = 3;
    private const int LeastCalls = 50;
    private const int LeastSlowCalls = 20;
    private const int SpanMillis = 500;

    /// <summary>Five seconds.</summary>
    private const int Spans = 10;

    /// <summary>Two seconds.</summary>
    private const int SlowSpans = 4;

    private readonly Lock _lock = new();
    private readonly Span[] _spans = new Span[Spans];
    private readonly long _start = time.GetTimestamp();
    private volatile bool _closed;
    private volatile bool _ramping;
    private int _failures;
    private int _goodProbes;
    private int _probesNeeded = 1;
    private long _closedAtMillis;
    private long _failedAt;
    private uint _turn;

    public bool IsClosed => _closed;

    /// <summary>Whether this call may be made.</summary>
    /// <param name="urgent">Not held back while the share of calls grows.</param>
    public bool Allows(bool urgent)
    {
        if (!_closed || urgent || !_ramping)
        {
            return _closed;
        }

        lock (_lock)
        {
            var since = NowMillis() - _closedAtMillis;
            var tenths = since < 1_000 ? 1u : since < 2_000 ? 5u : 10u;
            _ramping = since < 3_000;
            return _closed && _turn++ % 10 < tenths;
        }
    }

    /// <summary>A call gave an answer.</summary>
    /// <returns>True when it opened the breaker all the same: Redis has been slow for too long.</returns>
    public bool Succeeded(TimeSpan took)
    {
        lock (_lock)
        {
            _failures = 0;
            Count(failed: false, slow: took > Slow);
            return _closed && took > Slow && IsSlow() && Open();
        }
    }

    /// <summary>A call gave no answer.</summary>
    /// <param name="took">How long it was under way: those that were when another failed are no failures in a row, but one.</param>
    /// <returns>True when this one opened the breaker.</returns>
    public bool Failed(TimeSpan took = default)
    {
        lock (_lock)
        {
            Count(failed: true, slow: true);
            var now = time.GetElapsedTime(_start).Ticks;
            if (now - took.Ticks >= _failedAt)
            {
                _failures++;
                _failedAt = now;
            }

            return _closed && (_failures >= FailuresToOpen || FailsOften() || IsSlow()) && Open();
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
            Array.Clear(_spans);
            _closedAtMillis = NowMillis();

            // At the start nothing has piled up that could come all at once.
            _ramping = _probesNeeded > 1;
            _closed = true;
            return true;
        }
    }

    private bool Open()
    {
        _closed = false;
        _goodProbes = 0;
        _probesNeeded = ProbesToCloseAgain;
        return true;
    }

    private long NowMillis() => (long)time.GetElapsedTime(_start).TotalMilliseconds;

    private void Count(bool failed, bool slow)
    {
        var number = NowMillis() / SpanMillis;
        ref var span = ref _spans[number % Spans];
        if (span.Number != number)
        {
            span = new Span { Number = number };
        }

        span.Calls++;
        span.Failures += failed ? 1 : 0;
        span.Slow += slow ? 1 : 0;
    }

    private bool FailsOften()
    {
        var newest = NowMillis() / SpanMillis;
        var (calls, failures) = (0, 0);
        foreach (ref readonly var span in _spans.AsSpan())
        {
            if (span.Number > newest - Spans)
            {
                calls += span.Calls;
                failures += span.Failures;
            }
        }

        return calls >= LeastCalls && failures * 5 >= calls;
    }

    // The four spans before the present one, each of them slow: one bad moment is none.
    private bool IsSlow()
    {
        var present = NowMillis() / SpanMillis;
        var calls = 0;
        for (var number = present - SlowSpans; number < present; number++)
        {
            if (number < 0)
            {
                return false;
            }

            ref readonly var span = ref _spans[number % Spans];
            if (span.Number != number || span.Slow * 20 <= span.Calls)
            {
                return false;
            }

            calls += span.Calls;
        }

        return calls >= LeastSlowCalls;
    }

    private struct Span
    {
        public long Number;
        public int Calls;
        public int Failures;
        public int Slow;
    }
}
