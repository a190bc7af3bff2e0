namespace Gateway.Router.Credentials;

/// <summary>What another Router learned about a credential.</summary>
/// <param name="Provider">Whose it is.</param>
/// <param name="Deployment"><c>provider/model</c>; null for all deployments of the provider.</param>
/// <param name="Fingerprint"><see cref="Credential.Fingerprint"/>.</param>
/// <param name="IsQuarantine">Refused; else it rests.</param>
/// <param name="For">How long from now. Bounded: a hint is soon tried.</param>
internal readonly record struct CredentialHint(string Provider, string? Deployment, string Fingerprint, bool IsQuarantine, TimeSpan For)
{
    private const string Refused = "refused";
    private const string Rests = "rests";

    /// <summary><c>refused|rests FINGERPRINT PROVIDER[/MODEL]</c>.</summary>
    public string ToId() => $"{(IsQuarantine ? Refused : Rests)} {Fingerprint} {Deployment ?? Provider}";

    public static bool TryRead(string id, TimeSpan lasts, out CredentialHint hint)
    {
        hint = default;
        if (id.Split(' ', 3) is not [Refused or Rests, { Length: Credential.FingerprintLength } fingerprint, { Length: > 0 } name])
        {
            return false;
        }

        // Names of providers have no slash; those of models may have several.
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        hint = new CredentialHint(slash < 0 ? name : name[..slash], slash < 0 ? null : name, fingerprint, id.StartsWith(Refused, StringComparison.Ordinal), lasts);
        return true;
    }
}
