namespace Gateway.Router.Cooldowns;

/// <summary>How many Routers serve: limits towards upstreams are divided by it. Thread-safe.</summary>
internal sealed class RouterPeers
{
    /// <summary>Routers that were heard of lately, this one included; at least 1.</summary>
    public int Count => 1;
}
