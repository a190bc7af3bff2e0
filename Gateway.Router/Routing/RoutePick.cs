using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Credentials;

namespace Gateway.Router.Routing;

/// <summary>Why no deployment of a group can take a request now.</summary>
internal enum PickBlock : byte
{
    None,

    /// <summary>Every one was tried for this request.</summary>
    Tried,

    /// <summary>As many calls run as may at once: the end of one makes room.</summary>
    Busy,

    /// <summary>A limit is reached, or the provider asked for a pause: time makes room.</summary>
    Limited,

    /// <summary>Health keeps all of them out.</summary>
    Open,

    /// <summary>The providers refused every credential.</summary>
    Quarantined,

    /// <summary>None of them can serve such a request at all.</summary>
    Excluded,
}

/// <summary>Where a request goes next.</summary>
/// <param name="Deployment">Null when nowhere.</param>
/// <param name="Credential">The key that was taken.</param>
/// <param name="IsProbe">It holds the one probe of a half-open breaker.</param>
/// <param name="Block">Why nowhere.</param>
/// <param name="UsableAt">Ticks at which something may be usable again; 0 when not known.</param>
internal readonly record struct RoutePick(Deployment? Deployment, CredentialLane? Credential, bool IsProbe, PickBlock Block, long UsableAt)
{
    public static RoutePick Of(Deployment deployment, CredentialLane? lane, Health health) => new(deployment, lane, health == Health.Probe, PickBlock.None, 0);

    public static RoutePick Nothing(PickBlock block, long usableAt) => new(null, null, IsProbe: false, block, usableAt);
}
