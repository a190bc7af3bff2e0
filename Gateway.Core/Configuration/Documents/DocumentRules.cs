namespace Gateway.Core.Configuration.Documents;

/// <summary>What the parts of a document say about each other. It runs on whatever could be read, so that all errors come at once.</summary>
internal static class DocumentRules
{
    private const int MaxPatternsPerPolicy = 200;

    public static void Check(ConfigNode root, ConfigErrors errors)
    {
        var names = new ModelNames(root);
        foreach (var (_, provider) in root.MembersOf("providers"))
        {
            ProviderRules.Check(provider, errors);
        }

        foreach (var (_, group) in root.MembersOf("models"))
        {
            GroupRules.Check(group, names, errors);
        }

        FallbackRules.Check(root, names, errors);
        CheckResolve(root, names, errors);
        AliasRules.Check(root, names, errors);
        var owners = Owners.Of(root);
        OwnerRules.Check(root, names, owners, errors);
        KeyRules.Check(root, names, owners, errors);
        IssuerRules.Check(root, names, owners, errors);
        RequiredLabels.Check(root, errors);
        RouteRules.Check(root, names, errors);
        foreach (var (_, policy) in root.Member("moderation")?.MembersOf("policies") ?? [])
        {
            CheckPolicy(policy, errors);
        }
    }

    public static void CheckReference(ConfigNode? node, IReadOnlyCollection<string> known, string what, ConfigErrors errors)
    {
        if (node?.Value is string name && !known.Contains(name))
        {
            errors.AddUnknown(node, $"unknown {what}{Quoted(node)}", known);
        }
    }

    /// <summary>Reports a name that clients could not ask for.</summary>
    public static void CheckModel(ConfigNode model, ModelNames names, ConfigErrors errors)
    {
        var name = (string)model.Value!;
        if (!names.Aliases.Contains(name) && names.Resolve(name) is null)
        {
            errors.AddUnknown(model, $"unknown model{Quoted(model)}", names.Models.Concat(names.Aliases));
        }
    }

    /// <summary>Path of a member that need not be there.</summary>
    public static string PathOf(ConfigNode node, string member) => node.Path.Length == 0 ? member : $"{node.Path}.{member}";

    /// <summary>Reports a member that does nothing where it stands.</summary>
    public static void AddNoEffect(ConfigNode node, string member, string why, ConfigErrors errors)
    {
        if (node.Names.TryGetValue(member, out var position))
        {
            errors.Add(position, PathOf(node, member), $"has no effect {why}");
        }
    }

    /// <summary>The same, for a member that does something with some values.</summary>
    public static void AddNoEffect(ConfigNode node, string member, string why, ConfigErrors errors, Func<ConfigNode, bool> isMeant)
    {
        if (node.Member(member) is { } value && isMeant(value))
        {
            AddNoEffect(node, member, why, errors);
        }
    }

    /// <summary>The value for a message, or nothing when it came out of the environment.</summary>
    public static string Quoted(ConfigNode node) => node.FromEnvironment ? "" : $" \"{Shown.Text((string)node.Value!)}\"";

    private static void CheckResolve(ConfigNode root, ModelNames names, ConfigErrors errors)
    {
        var resolve = root.Member("resolve");
        CheckReference(resolve?.Member("default_provider"), names.Providers, "provider", errors);
        foreach (var (_, target) in resolve?.MembersOf("prefixes") ?? [])
        {
            CheckReference(target, names.Providers, "provider", errors);
        }
    }

    private static void CheckPolicy(ConfigNode policy, ConfigErrors errors)
    {
        var checks = policy.ItemsOf("input").ToList();
        if (checks.Count(static check => check.Names.ContainsKey("pattern")) > MaxPatternsPerPolicy)
        {
            errors.Add(policy, $"must have at most {MaxPatternsPerPolicy} patterns");
        }

        foreach (var check in checks)
        {
            var (wanted, other) = check.Text("check") switch
            {
                "keywords" => ("list", "pattern"),
                "regex" => ("pattern", "list"),
                _ => ("", ""),
            };
            if (wanted.Length == 0)
            {
                continue;
            }

            if (!check.Names.ContainsKey(wanted))
            {
                errors.Add(check.Position, $"{check.Path}.{wanted}", $"is missing: check: {check.Text("check")} needs it");
            }

            if (check.Names.TryGetValue(other, out var position))
            {
                errors.Add(position, $"{check.Path}.{other}", $"has no effect with check: {check.Text("check")}; remove it");
            }

            if (check.Text("action") == "block" && check.Names.TryGetValue("replacement", out position))
            {
                errors.Add(position, $"{check.Path}.replacement", "has no effect with action: block; remove it");
            }
        }
    }
}
