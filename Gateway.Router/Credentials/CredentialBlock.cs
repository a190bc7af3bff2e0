namespace Gateway.Router.Credentials;

/// <summary>Why no credential can be used.</summary>
internal enum CredentialBlock : byte
{
    None,

    /// <summary>All rest after a 429.</summary>
    Resting,

    /// <summary>All were refused by the provider.</summary>
    Quarantined,

    /// <summary>A limit of requests, tokens or sessions is reached.</summary>
    Limited,

    /// <summary>As many calls run as may at once.</summary>
    Busy,

    /// <summary>Its breaker is open.</summary>
    Open,

    /// <summary>All were tried for this request.</summary>
    Tried,
}

internal static class CredentialBlocks
{
    /// <summary>The word in reports.</summary>
    public static string Word(this CredentialBlock block) => block switch
    {
        CredentialBlock.None => "usable",
        CredentialBlock.Resting => "resting",
        CredentialBlock.Quarantined => "quarantined",
        CredentialBlock.Limited => "limited",
        CredentialBlock.Busy => "busy",
        CredentialBlock.Open => "open",
        CredentialBlock.Tried => "tried",
    };

    /// <summary>Of several reasons the one that says most about when it may go on: smaller goes first.</summary>
    public static int Rank(this CredentialBlock block) => block switch
    {
        CredentialBlock.None => 0,
        CredentialBlock.Busy => 1,
        CredentialBlock.Limited => 2,
        CredentialBlock.Resting => 3,
        CredentialBlock.Open => 4,
        CredentialBlock.Quarantined => 5,
        CredentialBlock.Tried => 6,
    };
}
