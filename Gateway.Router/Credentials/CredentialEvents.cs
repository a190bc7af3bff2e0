namespace Gateway.Router.Credentials;

/// <summary>Where changes of credentials are told: to the log, and to whoever tells other Routers. Thread-safe.</summary>
/// <param name="logger">Null for no log.</param>
internal sealed class CredentialEvents(ILogger<CredentialEvents>? logger = null)
{
    /// <summary>Called on the thread of the request, outside any lock; must not block and not throw. Not for what other Routers told.</summary>
    public event Action<CredentialEvent>? Happened;

    public void Tell(in CredentialEvent happened)
    {
        if (happened.Kind != CredentialEventKind.Rested)
        {
            Log(in happened);
        }

        Happened?.Invoke(happened);
    }

    private void Log(in CredentialEvent happened)
    {
        var where = happened.Deployment ?? "all deployments";
        switch (happened.Kind)
        {
            case CredentialEventKind.Quarantined when happened.IsNew:
                logger?.Quarantined(happened.Label, happened.Status, where, happened.For.TotalSeconds);
                break;
            case CredentialEventKind.Quarantined:
                logger?.StillQuarantined(happened.Label, happened.Status, where, happened.For.TotalSeconds);
                break;
            case CredentialEventKind.QuotaExhausted when happened.IsNew:
                logger?.QuotaExhausted(happened.Label, where, happened.For.TotalSeconds);
                break;
            case CredentialEventKind.QuotaExhausted:
                logger?.QuotaStillExhausted(happened.Label, where, happened.For.TotalSeconds);
                break;
            case CredentialEventKind.Released:
                logger?.Released(happened.Label, where);
                break;
            default:
                break;
        }
    }
}
