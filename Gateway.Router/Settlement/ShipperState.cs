namespace Gateway.Router.Settlement;

/// <summary>How shipping goes, for health and metrics. Written by the shipper only.</summary>
internal sealed class ShipperState(TimeProvider time)
{
    private long _behindSince;
    private int _failures;

    /// <summary>Failed batches in a row.</summary>
    public int Failures => Volatile.Read(ref _failures);

    /// <summary>How long ago the ledger held everything; zero while it does.</summary>
    public TimeSpan Lag => Volatile.Read(ref _behindSince) is > 0 and var since ? time.GetElapsedTime(since) : TimeSpan.Zero;

    public void CaughtUp() => Volatile.Write(ref _behindSince, 0);

    public void Behind()
    {
        if (_behindSince == 0)
        {
            Volatile.Write(ref _behindSince, Math.Max(1, time.GetTimestamp()));
        }
    }

    public void Succeeded() => Volatile.Write(ref _failures, 0);

    public void Failed() => Volatile.Write(ref _failures, _failures + 1);
}
