namespace Gateway.Core.Configuration;

/// <summary>What is shown in place of a secret.</summary>
internal static class SecretText
{
    public const string Hidden = "***";

    public static string Of(string? secret) => secret is null ? "(none)" : Hidden;
}
