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
            CheckProvider(provider, errors);
        }

        foreach (var (_, group) in root.MembersOf("models"))
        {
            foreach (var deployment in group.ItemsOf("deployments"))
            {
                CheckReference(deployment.Member("provider"), names.Providers, "provider", errors);
            }

            CheckReference(group.Member("moderation"), names.Policies, "moderation policy", errors);
        }

        CheckResolve(root, names, errors);
        AliasRules.Check(root, names, errors);
        KeyRules.Check(root, names, errors);
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

    /// <summary>The value for a message, or nothing when it came out of the environment.</summary>
    public static string Quoted(ConfigNode node) => node.FromEnvironment ? "" : $" \"{Shown.Text((string)node.Value!)}\"";

    private static void CheckProvider(ConfigNode provider, ConfigErrors errors)
    {
        // An "internal" that could not be read has its own error already.
        var isInternal = provider.Get("internal", provider.Names.ContainsKey("internal"));
        if (provider.Member("base_url") is { Value: Uri url } node && !isInternal && BaseUrl.IsInternal(url))
        {
            errors.Add(node, "leads to a loopback or private address; set internal: true to permit it");
        }

        if (provider.Member("list_models") is { Value: true } list && provider.Text("protocol") is "vertex" or "azure-openai" or "bedrock")
        {
            errors.Add(list, $"has no effect with protocol: {provider.Text("protocol")}, whose list is not what can be called; remove it");
        }

        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, header) in provider.MembersOf("headers"))
        {
            if (!seen.Add(name))
            {
                errors.Add(header, "duplicate header; header names do not distinguish case");
            }

            var credential = CredentialHeader(provider.Text("protocol"));
            if (name.Equals(credential, StringComparison.OrdinalIgnoreCase) && provider.ItemsOf("keys").Any())
            {
                errors.Add(header, $"keys already make the {credential} header; use one of the two");
            }
        }
    }

    private static string CredentialHeader(string? protocol) => protocol switch
    {
        "anthropic" => "x-api-key",
        "gemini" => "x-goog-api-key",
        "azure-openai" => "api-key",
        _ => "authorization",
    };

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
