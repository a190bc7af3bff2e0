namespace Gateway.Core.Configuration.Documents;

/// <summary>Virtual keys: unique, and about things that exist.</summary>
internal static class KeyRules
{
    public static void Check(ConfigNode root, ModelNames names, ConfigErrors errors)
    {
        var ids = new Dictionary<string, ConfigNode>(StringComparer.Ordinal);
        var secrets = new Dictionary<string, ConfigNode>(StringComparer.Ordinal);
        if (root.Member("server")?.Member("admin_key") is { Value: string adminKey } admin)
        {
            secrets.Add(adminKey, admin);
        }

        foreach (var key in root.ItemsOf("keys"))
        {
            CheckUnique(key.Member("id"), ids, "the same id as", errors);
            CheckUnique(key.Member("secret"), secrets, "the same secret as", errors);
            DocumentRules.CheckReference(key.Member("moderation"), names.Policies, "moderation policy", errors);
            foreach (var provider in key.ItemsOf("providers").Where(IsLiteral))
            {
                DocumentRules.CheckReference(provider, names.Providers, "provider", errors);
            }

            foreach (var model in key.ItemsOf("models").Where(IsLiteral))
            {
                CheckModel(model, names, errors);
            }
        }
    }

    private static void CheckUnique(ConfigNode? node, Dictionary<string, ConfigNode> seen, string message, ConfigErrors errors)
    {
        if (node?.Value is string value && !seen.TryAdd(value, node))
        {
            errors.Add(node, $"{message} {seen[value].Path}");
        }
    }

    private static void CheckModel(ConfigNode model, ModelNames names, ConfigErrors errors)
    {
        var name = (string)model.Value!;
        if (!names.Aliases.Contains(name) && names.Resolve(name) is null)
        {
            errors.AddUnknown(model, $"unknown model{DocumentRules.Quoted(model)}", names.Models.Concat(names.Aliases));
        }
    }

    private static bool IsLiteral(ConfigNode pattern) => !((string)pattern.Value!).Contains('*', StringComparison.Ordinal);
}
