namespace Gateway.Router.Settlement;

/// <summary>How long to leave the Usage service alone after failures in a row. Spread, so that Routers do not come back in step.</summary>
internal sealed class ShipperBackoff(Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(5);
    private readonly Lock _lock = new();

    /// <param name="failures">1 after the first failure.</param>
    public TimeSpan After(int failures)
    {
        var full = Math.Min(Most.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 10) - 1));
        lock (_lock)
        {
            return TimeSpan.FromMilliseconds((full / 2) + (random.NextDouble() * full / 2));
        }
    }
}
