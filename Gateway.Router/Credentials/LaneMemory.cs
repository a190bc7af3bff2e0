using Gateway.Router.Cooldowns;

namespace Gateway.Router.Credentials;

/// <summary>One key at one deployment. Guarded by the lock of its <see cref="CredentialMemory"/>.</summary>
internal sealed class LaneMemory
{
    /// <summary>After a 403.</summary>
    public Quarantine Quarantine;

    /// <summary>After a 429.</summary>
    public Rest Rest;

    /// <summary>The turns it had, each divided by its weight then.</summary>
    public double Turns;

    /// <summary>Calls that were taken under the lock and not given back.</summary>
    public int Running;

    /// <summary>A call that tries it after a quarantine, or half-open, began then; 0 when none runs.</summary>
    public long TrialSince;

    /// <summary>Read without the lock: something may keep calls from it, or a success is to be noted.</summary>
    public volatile bool IsTroubled;

    /// <summary>Null until the provider said something of its limits. Has its own lock.</summary>
    public volatile QuotaMemory? Quota;

    /// <summary>Null where the provider has one key: then the deployment's own says the same. Has its own lock.</summary>
    public Breaker? Breaker;
}
