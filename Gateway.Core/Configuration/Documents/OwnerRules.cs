namespace Gateway.Core.Configuration.Documents;

/// <summary>Organisations, teams, users and end users: each belongs to one organisation, and to one that exists.</summary>
internal static class OwnerRules
{
    public static void Check(ConfigNode root, ModelNames names, Owners owners, ConfigErrors errors)
    {
        foreach (var (_, organisation) in root.MembersOf("organisations"))
        {
            CheckAllowances(organisation, names, errors);
        }

        foreach (var (_, team) in root.MembersOf("teams"))
        {
            DocumentRules.CheckReference(team.Member("organisation"), owners.OrganisationNames, "organisation", errors);
            CheckAllowances(team, names, errors);
        }

        foreach (var (_, user) in root.MembersOf("users"))
        {
            CheckOrganisation(user, user.Text("team"), owners, errors);
            CheckAllowances(user, names, errors);
        }

        if (root.Member("end_users") is { } endUsers)
        {
            CheckAllowances(endUsers, names, errors);
        }
    }

    /// <summary>Who names an organisation beside a team names the same.</summary>
    public static void CheckOrganisation(ConfigNode owner, string? team, Owners owners, ConfigErrors errors)
    {
        if (owner.Member("organisation") is not { Value: string name } node)
        {
            return;
        }

        DocumentRules.CheckReference(node, owners.OrganisationNames, "organisation", errors);
        if (team is not null && owners.Teams.GetValueOrDefault(team) is { } described && described.Organisation != name
            && owners.HasOrganisation(name) && owners.HasOrganisation(described.Organisation))
        {
            errors.Add(node, $"must be \"{Shown.Text(described.Organisation)}\", the organisation of team \"{Shown.Text(team)}\"; or remove it");
        }
    }

    private static void CheckAllowances(ConfigNode owner, ModelNames names, ConfigErrors errors)
    {
        LimitRules.Check(owner, names, errors);
        BudgetRules.Check(owner, names, errors);
    }
}
