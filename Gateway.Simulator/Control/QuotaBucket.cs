namespace Gateway.Simulator.Control;

/// <summary>What is left of one credential's limits, for headers; a limit that is not set is null.</summary>
/// <param name="RetryAfter">Zero when the request was let through; else when the next one can be.</param>
internal readonly record struct Quota(QuotaCount? Requests, QuotaCount? Tokens, TimeSpan RetryAfter)
{
    public bool IsRefused => RetryAfter > TimeSpan.Zero;
}

/// <param name="Reset">Until the limit is whole again.</param>
internal readonly record struct QuotaCount(long Limit, long Remaining, TimeSpan Reset);

/// <summary>The limits of one credential under one rule. Thread-safe by a short lock.</summary>
internal sealed class QuotaBucket
{
    // A provider cannot know when one of the running requests ends.
    private static readonly TimeSpan BusyRetry = TimeSpan.FromSeconds(1);

    // A request that comes exactly when it was told to must pass, whatever the last bit of a sum is.
    private const double Rounding = 1e-6;

    private readonly Lock _lock = new();
    private readonly ControlLimits _limits;
    private double _requests;
    private double _tokens;
    private int _running;
    private long _refused;
    private DateTimeOffset _at;

    public QuotaBucket(ControlLimits limits, DateTimeOffset now)
    {
        _limits = limits;
        _requests = limits.Requests ?? 0;
        _tokens = limits.Tokens ?? 0;
        _at = now;
    }

    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Takes a request and its guessed tokens when all limits have room, and nothing otherwise.</summary>
    public Quota Take(long guess, DateTimeOffset now)
    {
        lock (_lock)
        {
            Refill_NeedsLock(now);
            var wait = TimeSpan.Zero;
            if (_limits.Requests is { } requests && _requests < 1 - Rounding)
            {
                wait = Until(1 - _requests, requests);
            }

            // A request above the whole limit passes when nothing of it is used; it could never pass otherwise.
            if (_limits.Tokens is { } tokens && Math.Min(guess, tokens) - _tokens is > Rounding and var missing)
            {
                wait = TimeSpan.FromTicks(Math.Max(wait.Ticks, Until(missing, tokens).Ticks));
            }

            if (wait == TimeSpan.Zero && _running >= _limits.Concurrency)
            {
                wait = BusyRetry;
            }

            if (wait == TimeSpan.Zero)
            {
                _requests--;
                _tokens -= guess;
                _running++;
            }
            else
            {
                Interlocked.Increment(ref _refused);
            }

            return State_NeedsLock(wait);
        }
    }

    /// <summary>Ends a request that was let through, and puts right what was guessed of its tokens.</summary>
    public void Return(long guess, long actual, DateTimeOffset now)
    {
        lock (_lock)
        {
            Refill_NeedsLock(now);
            _running--;
            _tokens += guess - actual;
        }
    }

    public Quota Peek(DateTimeOffset now)
    {
        lock (_lock)
        {
            Refill_NeedsLock(now);
            return State_NeedsLock(TimeSpan.Zero);
        }
    }

    private Quota State_NeedsLock(TimeSpan wait) => new(
        _limits.Requests is { } requests ? Count(requests, _requests) : null,
        _limits.Tokens is { } tokens ? Count(tokens, _tokens) : null,
        wait);

    private void Refill_NeedsLock(DateTimeOffset now)
    {
        var share = (now - _at) / _limits.Window;
        if (share > 0)
        {
            _requests = Math.Min(_limits.Requests ?? 0, _requests + (share * (_limits.Requests ?? 0)));
            _tokens = Math.Min(_limits.Tokens ?? 0, _tokens + (share * (_limits.Tokens ?? 0)));
            _at = now;
        }
    }

    private QuotaCount Count(long limit, double level) => new(limit, Math.Max(0, (long)level), Until(limit - level, limit));

    private TimeSpan Until(double missing, long limit) =>
        missing <= 0 ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, (long)Math.Ceiling(missing / limit * _limits.Window.Ticks)));
}
