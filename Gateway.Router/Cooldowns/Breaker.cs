namespace Gateway.Router.Cooldowns;

internal enum BreakerState : byte
{
    /// <summary>Serves; perhaps with less than its weight, see <see cref="Breaker.RampAt"/>.</summary>
    Closed,

    /// <summary>May be tried by one request at a time.</summary>
    HalfOpen,

    /// <summary>Is left alone until <see cref="Breaker.OpenUntil"/>.</summary>
    Open,
}

/// <summary>
/// Decides from what happened whether something is worth asking: a deployment, one credential at it, or a provider's address. Times are ticks of the
/// <see cref="Pipeline.RouterClock"/>. Thread-safe by a short lock.
/// </summary>
internal sealed class Breaker
{
    /// <summary>When it may be tried again; 0 while it is not open.</summary>
    public long OpenUntil => 0;

    /// <summary>Opened by the ratio rule or by slowness, not by a row of failures: soft ejections are capped.</summary>
    public bool IsSoft => false;

    public BreakerState StateAt(long now) => BreakerState.Closed;

    /// <summary>Share of its weight that it may have: below 1 while it recovers.</summary>
    public double RampAt(long now) => 1;

    /// <summary>Takes the one probe of a half-open breaker.</summary>
    public bool TryBeginProbe(long now) => true;

    public void Succeeded(long now)
    {
    }

    /// <param name="now">Ticks.</param>
    /// <param name="isSlow">It answered, too slowly.</param>
    public void Failed(long now, bool isSlow = false)
    {
    }

    /// <summary>A call that told nothing about the upstream: the client left, the request was wrong. Gives a probe back.</summary>
    public void Abandoned(long now)
    {
    }
}
