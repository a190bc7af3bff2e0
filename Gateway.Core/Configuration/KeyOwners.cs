namespace Gateway.Core.Configuration;

/// <summary>Who a virtual key belongs to, by the document in force.</summary>
public static class KeyOwners
{
    /// <summary>The key's team: its own, else that of its user; null for none. The document need not describe it.</summary>
    public static string? TeamOf(this GatewayConfig config, VirtualKeyConfig key) =>
        key.Team ?? (key.User is { } user && config.Users.TryGetValue(user, out var owner) ? owner.Team : null);

    /// <summary>The organisation whose admission state holds for the key: that of its team where the document describes it, else its own, else its user's, else the default one.</summary>
    public static string OrganisationOf(this GatewayConfig config, VirtualKeyConfig key)
    {
        if (TeamOf(config, key) is { } team && config.Teams.TryGetValue(team, out var described))
        {
            return described.Organisation;
        }

        return key.Organisation ?? (key.User is { } user && config.Users.TryGetValue(user, out var owner) ? owner.Organisation : null) ?? OrganisationConfig.DefaultName;
    }
}
