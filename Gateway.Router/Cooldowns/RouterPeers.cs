using System.Globalization;
using Gateway.Core.Admission;

namespace Gateway.Router.Cooldowns;

/// <summary>How many Routers serve: limits towards upstreams are divided by it.</summary>
internal sealed class RouterPeers() : Peers(Lifetime, deaf: Lifetime)
{
    /// <summary>How often a Router says that it lives.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>How long one that says nothing counts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(15);

    /// <summary><see cref="Peers.Id"/> in reports.</summary>
    public string Name => Id.ToString("N", CultureInfo.InvariantCulture)[..8];
}
