namespace Gateway.Core.Configuration.Documents;

/// <summary>The owners that a document describes, for rules about who belongs to whom.</summary>
/// <param name="Organisations">By name, the default one included.</param>
/// <param name="OrganisationNames">Also of those that could not be read: one error must not bring a second one behind it.</param>
internal sealed record Owners(
    IReadOnlyDictionary<string, OrganisationConfig> Organisations, IReadOnlyDictionary<string, TeamConfig> Teams, IReadOnlyDictionary<string, UserConfig> Users, EndUserConfig EndUsers,
    IReadOnlyCollection<string> OrganisationNames)
{
    public static Owners Of(ConfigNode root) => new(
        OwnerBuilder.Organisations(root).ToDictionary(static organisation => organisation.Name, StringComparer.Ordinal),
        root.MembersOf("teams").ToDictionary(static entry => entry.Key, static entry => OwnerBuilder.Team(entry.Key, entry.Value), StringComparer.Ordinal),
        root.MembersOf("users").ToDictionary(static entry => entry.Key, static entry => OwnerBuilder.User(entry.Key, entry.Value), StringComparer.Ordinal),
        OwnerBuilder.EndUsers(root.Member("end_users")),
        [.. root.Member("organisations")?.Names.Keys.Where(static name => name != OrganisationConfig.DefaultName) ?? [], OrganisationConfig.DefaultName]);

    public static Owners Of(GatewayConfig config) => new(config.Organisations, config.Teams, config.Users, config.EndUsers, config.Organisations.Keys);

    public bool HasOrganisation(string name) => OrganisationNames.Contains(name);

    /// <summary>The team whose name a key goes by, described or not; null for none.</summary>
    public string? TeamOf(VirtualKeyConfig key) => key.Team ?? (key.User is { } user ? Users.GetValueOrDefault(user)?.Team : null);

    /// <summary>The organisation that a key belongs to: that of its team where there is one, else its own, else its user's, else the default one.</summary>
    public string OrganisationOf(VirtualKeyConfig key) =>
        (TeamOf(key) is { } team ? Teams.GetValueOrDefault(team)?.Organisation : null)
        ?? key.Organisation
        ?? (key.User is { } user ? OrganisationOfUser(user) : OrganisationConfig.DefaultName);

    public string OrganisationOfUser(string user)
    {
        var owner = Users.GetValueOrDefault(user);
        return (owner?.Team is { } team ? Teams.GetValueOrDefault(team)?.Organisation : null) ?? owner?.Organisation ?? OrganisationConfig.DefaultName;
    }
}
