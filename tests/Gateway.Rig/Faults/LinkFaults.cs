namespace Gateway.Rig.Faults;

/// <summary>What is wrong with a link. Never changed; another value is switched in whole by <see cref="FaultProxy.Use"/>.</summary>
public sealed record LinkFaults
{
    public static readonly LinkFaults None = new();

    /// <summary>How much later each piece arrives, in both directions.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Up to so much more, drawn from the proxy's seed for each piece.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Nobody listens: connections are refused. Those that are open stay.</summary>
    public bool Refuse { get; init; }

    /// <summary>Connections are accepted and stay open, but nothing passes in either direction until the next switch.</summary>
    public bool HalfOpen { get; init; }

    /// <summary>Resets a connection after exactly so many bytes from client to server since the switch; null never.</summary>
    public long? ResetAfterUp { get; init; }

    /// <summary>The same from server to client.</summary>
    public long? ResetAfterDown { get; init; }

    /// <summary>Bytes a second that pass in each direction of each connection; null is as fast as they come.</summary>
    public int? BytesPerSecond { get; init; }
}
