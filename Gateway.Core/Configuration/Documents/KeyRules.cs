using Gateway.Core.Context;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Virtual keys: unique, and about things that exist.</summary>
internal static class KeyRules
{
    /// <summary>How the ids begin that tokens of issuers are known by.</summary>
    private const string TokenPrefix = "jwt:";

    public static void Check(ConfigNode root, ModelNames names, Owners owners, ConfigErrors errors)
    {
        var ids = new Dictionary<string, ConfigNode>(StringComparer.Ordinal);
        var secrets = new Dictionary<string, ConfigNode>(StringComparer.Ordinal);
        var hashes = new Dictionary<string, ConfigNode>(StringComparer.Ordinal);
        if (root.Member("server")?.Member("admin_key") is { Value: string adminKey } admin)
        {
            secrets.Add(adminKey, admin);
        }

        foreach (var key in root.ItemsOf("keys"))
        {
            CheckUnique(key.Member("id"), ids, "the same id as", errors);
            CheckUnique(key.Member("secret"), secrets, "the same secret as", errors);
            CheckUnique(key.Member("hash"), hashes, "the same hash as", errors);
            if (!key.Names.ContainsKey("secret") && !key.Names.ContainsKey("hash"))
            {
                errors.Add(key.Position, $"{key.Path}.secret", "is missing: a secret, usually \"${VARIABLE}\", or write hash");
            }

            CheckKey(key, names, owners, errors);
        }
    }

    /// <summary>What holds for a key by itself, wherever it comes from.</summary>
    public static void CheckKey(ConfigNode key, ModelNames names, Owners owners, ConfigErrors errors)
    {
        if (key.Member("id") is { Value: string id } idNode)
        {
            if (id == ContextClaims.PublicKeyId)
            {
                errors.Add(idNode, "stands for callers without a key; choose another id");
            }
            else if (id.StartsWith(TokenPrefix, StringComparison.Ordinal))
            {
                errors.Add(idNode, $"must not begin with {TokenPrefix}, as the names of tokens do");
            }
        }

        if (key.Names.ContainsKey("secret"))
        {
            DocumentRules.AddNoEffect(key, "hash", "with secret; write one of the two", errors);
        }

        DocumentRules.CheckReference(key.Member("moderation"), names.Policies, "moderation policy", errors);
        CheckPatterns(key, names, errors);
        LimitRules.Check(key, names, errors);
        BudgetRules.Check(key, names, errors);
        CheckOwners(key, owners, errors);
        ContextSize.CheckKey(key, owners, errors);
    }

    /// <summary>Patterns without a wildcard are names, and names can be mistyped.</summary>
    public static void CheckPatterns(ConfigNode holder, ModelNames names, ConfigErrors errors)
    {
        foreach (var provider in holder.ItemsOf("providers").Where(IsLiteral))
        {
            DocumentRules.CheckReference(provider, names.Providers, "provider", errors);
        }

        foreach (var model in holder.ItemsOf("models").Where(IsLiteral))
        {
            DocumentRules.CheckModel(model, names, errors);
        }
    }

    private static void CheckOwners(ConfigNode key, Owners owners, ConfigErrors errors)
    {
        var config = OwnerBuilder.Key(key);
        var team = owners.TeamOf(config);
        if (key.Names.ContainsKey("team") || team is not null)
        {
            DocumentRules.AddNoEffect(key, "weight", "with team: the team's weight counts (teams.NAME.weight); remove it", errors);
        }

        OwnerRules.CheckOrganisation(key, team, owners, errors);
        if (key.Member("user") is not { Value: string user } node || !owners.Users.ContainsKey(user))
        {
            return;
        }

        var (own, users) = (owners.OrganisationOf(config), owners.OrganisationOfUser(user));
        if (own != users && owners.HasOrganisation(own) && owners.HasOrganisation(users))
        {
            errors.Add(node, $"belongs to organisation \"{Shown.Text(users)}\", and the key to \"{Shown.Text(own)}\"; all keys of a user must be in one organisation (users.NAME.organisation, or that of users.NAME.team)");
        }
    }

    private static void CheckUnique(ConfigNode? node, Dictionary<string, ConfigNode> seen, string message, ConfigErrors errors)
    {
        if (node?.Value is string value && !seen.TryAdd(value, node))
        {
            errors.Add(node, $"{message} {seen[value].Path}");
        }
    }

    private static bool IsLiteral(ConfigNode pattern) => !((string)pattern.Value!).Contains('*', StringComparison.Ordinal);
}
