namespace Gateway.Router.Credentials;

/// <summary>What another Router learned about a credential.</summary>
/// <param name="Provider">Whose it is.</param>
/// <param name="Deployment"><c>provider/model</c>; null for all deployments of the provider.</param>
/// <param name="Fingerprint"><see cref="Credential.Fingerprint"/>.</param>
/// <param name="IsQuarantine">Refused; else it rests.</param>
/// <param name="For">How long from now. Bounded: a hint is soon tried.</param>
internal readonly record struct CredentialHint(string Provider, string? Deployment, string Fingerprint, bool IsQuarantine, TimeSpan For);
