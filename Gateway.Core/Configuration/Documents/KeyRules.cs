using System.Text;
using Gateway.Core.Context;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Virtual keys: unique, and about things that exist.</summary>
internal static class KeyRules
{
    // All of them travel with each request in a signed context, which holds 8 KiB with everything else.
    private const int MaxPatternBytes = 6 * 1024;

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
            if (key.Member("id") is { Value: ContextClaims.PublicKeyId } id)
            {
                errors.Add(id, "stands for callers without a key; choose another id");
            }

            CheckUnique(key.Member("secret"), secrets, "the same secret as", errors);
            DocumentRules.CheckReference(key.Member("moderation"), names.Policies, "moderation policy", errors);
            CheckLength(key, errors);
            if (key.Names.ContainsKey("team"))
            {
                DocumentRules.AddNoEffect(key, "weight", "with team: the team's weight counts (teams.NAME.weight); remove it", errors);
            }

            foreach (var provider in key.ItemsOf("providers").Where(IsLiteral))
            {
                DocumentRules.CheckReference(provider, names.Providers, "provider", errors);
            }

            foreach (var model in key.ItemsOf("models").Where(IsLiteral))
            {
                DocumentRules.CheckModel(model, names, errors);
            }
        }
    }

    private static void CheckLength(ConfigNode key, ConfigErrors errors)
    {
        var bytes = key.ItemsOf("models").Concat(key.ItemsOf("providers")).Sum(static pattern => Encoding.UTF8.GetByteCount((string)pattern.Value!) + 2)
            + key.MembersOf("requires").Sum(static label => label.Key.Length + 1 + ((string)label.Value.Value!).Length + 2);
        if (bytes > MaxPatternBytes)
        {
            errors.Add(key, $"models, providers and requires must have at most {MaxPatternBytes} bytes together, two for each entry included; use * to say it shorter");
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
