namespace Gateway.Router.Credentials;

internal enum CredentialEventKind : byte
{
    /// <summary>Left alone after a 429.</summary>
    Rested,

    /// <summary>The account has no quota left.</summary>
    QuotaExhausted,

    /// <summary>Refused by the provider.</summary>
    Quarantined,

    /// <summary>Accepted again.</summary>
    Released,
}

/// <summary>Something changed with one credential.</summary>
/// <param name="Provider">Whose it is.</param>
/// <param name="Deployment"><c>provider/model</c>; null when it is so at all deployments of the provider.</param>
/// <param name="Label">Name in logs.</param>
/// <param name="Fingerprint"><see cref="Credential.Fingerprint"/>; empty where the provider wants no key.</param>
/// <param name="Kind">What.</param>
/// <param name="Status">Of the answer that brought it about; 0 for none.</param>
/// <param name="For">How long, from now.</param>
/// <param name="IsNew">False when it only lasts longer.</param>
internal readonly record struct CredentialEvent(string Provider, string? Deployment, string Label, string Fingerprint, CredentialEventKind Kind, int Status, TimeSpan For, bool IsNew);
