namespace Gateway.Router.Credentials;

/// <summary>The credential that a call would take.</summary>
/// <param name="Lane">Null when none can be used.</param>
/// <param name="Block">Why none.</param>
/// <param name="UsableAt">Ticks at which one may be usable again: the earliest of all of them; 0 when not known.</param>
internal readonly record struct CredentialChoice(CredentialLane? Lane, CredentialBlock Block, long UsableAt)
{
    public bool IsUsable => Block == CredentialBlock.None;
}
