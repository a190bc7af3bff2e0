namespace Gateway.Router.Credentials;

/// <summary>One key at all deployments of its provider. Guarded by the lock of its <see cref="CredentialMemory"/>.</summary>
internal sealed class KeyMemory
{
    /// <summary>After a 401.</summary>
    public Quarantine Quarantine;

    /// <summary>Read without the lock: something may keep calls from it.</summary>
    public volatile bool IsTroubled;

    public LimitMeters Limits { get; } = new();
}
