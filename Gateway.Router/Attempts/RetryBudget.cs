namespace Gateway.Router.Attempts;

/// <summary>
/// What a pool of deployments may be asked beyond first attempts: each first attempt earns a tenth of a call, every retry, fallback or hedge takes one. A floor
/// refills it, so that quiet pools can retry too. Thread-safe by a short lock.
/// </summary>
/// <remarks>So attempts stay at or below 1.1 x requests + 10 and 10 a minute, however long everything fails.</remarks>
internal sealed class RetryBudget
{
    private const double Earned = 0.1;
    private const double Capacity = 100;

    /// <summary>What it starts with, and what it gets in a minute without any request.</summary>
    private const double Floor = 10;

    private readonly Lock _lock = new();
    private double _tokens = Floor;
    private long _at;

    /// <summary>Whether it is more than half of what a quiet pool has: below it nothing optional is spent.</summary>
    public bool IsHealthy(long now)
    {
        lock (_lock)
        {
            Refill_NeedsLock(now);
            return _tokens >= Floor / 2;
        }
    }

    /// <summary>Calls that are left.</summary>
    public double Left(long now)
    {
        lock (_lock)
        {
            Refill_NeedsLock(now);
            return _tokens;
        }
    }

    /// <summary>A request makes its first attempt.</summary>
    public void Earn(long now)
    {
        lock (_lock)
        {
            Refill_NeedsLock(now);
            _tokens = Math.Min(Capacity, _tokens + Earned);
        }
    }

    /// <summary>Takes one call.</summary>
    public bool TrySpend(long now)
    {
        lock (_lock)
        {
            Refill_NeedsLock(now);
            if (_tokens < 1)
            {
                return false;
            }

            _tokens--;
            return true;
        }
    }

    /// <summary>Gives one back that was not needed.</summary>
    public void GiveBack()
    {
        lock (_lock)
        {
            _tokens = Math.Min(Capacity, _tokens + 1);
        }
    }

    private void Refill_NeedsLock(long now)
    {
        if (_at == 0)
        {
            _at = now;
        }

        // The floor fills up to itself only: what a busy pool has earned is not added to.
        if (now > _at)
        {
            if (_tokens < Floor)
            {
                _tokens = Math.Min(Floor, _tokens + ((now - _at) * Floor / TimeSpan.TicksPerMinute));
            }

            _at = now;
        }
    }
}
