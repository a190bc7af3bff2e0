namespace Gateway.Core.Configuration.Documents;

/// <summary>Labels that keys require must be on some deployment: a misspelt one would lock the key out, or look like a rule that holds.</summary>
internal static class RequiredLabels
{
    public static void Check(ConfigNode root, ConfigErrors errors)
    {
        var keys = root.ItemsOf("keys").Where(static key => key.Member("requires") is { Members.Count: > 0 }).ToList();
        if (keys.Count == 0)
        {
            return;
        }

        var carried = Carried(root, out var isComplete);
        // Labels that could not be read have errors of their own; what is missing may be among them.
        if (isComplete)
        {
            Check(keys, carried, errors);
        }
    }

    /// <summary>One key, against a configuration in force.</summary>
    public static void CheckKey(ConfigNode key, GatewayConfig config, ConfigErrors errors)
    {
        if (key.Member("requires") is { Members.Count: > 0 })
        {
            Check([key], Carried(config), errors);
        }
    }

    private static void Check(IReadOnlyList<ConfigNode> keys, List<Dictionary<string, string>> carried, ConfigErrors errors)
    {
        var values = carried.SelectMany(static labels => labels).ToLookup(static label => label.Key, static label => label.Value, StringComparer.Ordinal);
        foreach (var requires in keys.Select(static key => key.Member("requires")!))
        {
            var isKnown = true;
            foreach (var (name, node) in requires.Members)
            {
                var value = (string)node.Value!;
                if (!values.Contains(name))
                {
                    errors.Add(node, $"no deployment has the label \"{Shown.Text(name)}\"", errors.IsFull ? null : Nearest.Of(name, values.Select(static label => label.Key)));
                    isKnown = false;
                }
                else if (!values[name].Contains(value, StringComparer.Ordinal))
                {
                    errors.AddUnknown(node, $"no deployment has the label \"{Shown.Text(name)}\" with the value{DocumentRules.Quoted(node)}", values[name]);
                    isKnown = false;
                }
            }

            if (isKnown && !carried.Exists(labels => requires.Members.All(required => labels.TryGetValue(required.Key, out var value) && value == (string)required.Value.Value!)))
            {
                errors.Add(requires, "no deployment has all of these labels together");
            }
        }
    }

    private static List<Dictionary<string, string>> Carried(GatewayConfig config)
    {
        List<Dictionary<string, string>> all = [.. config.Providers.Values.Select(static provider => new Dictionary<string, string>(provider.Tags, StringComparer.Ordinal))];
        foreach (var deployment in config.Models.Values.SelectMany(static group => group.Deployments))
        {
            var labels = new Dictionary<string, string>(config.Providers.GetValueOrDefault(deployment.Provider)?.Tags ?? Tags.None, StringComparer.Ordinal);
            foreach (var (name, value) in deployment.Tags)
            {
                labels[name] = value;
            }

            all.Add(labels);
        }

        return all;
    }

    /// <summary>The labels of each deployment, and of each provider for the models that clients ask for as <c>provider/model</c>; each set once.</summary>
    private static List<Dictionary<string, string>> Carried(ConfigNode root, out bool isComplete)
    {
        var all = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        var providers = root.MembersOf("providers").ToDictionary(static entry => entry.Key, static entry => entry.Value, StringComparer.Ordinal);
        var complete = true;
        foreach (var provider in providers.Values)
        {
            Add(provider, null);
        }

        foreach (var deployment in root.MembersOf("models").SelectMany(static group => group.Value.ItemsOf("deployments")))
        {
            Add(deployment.Text("provider") is { } name ? providers.GetValueOrDefault(name) : null, deployment);
        }

        isComplete = complete;
        return [.. all.Values];

        void Add(ConfigNode? provider, ConfigNode? deployment)
        {
            var labels = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var node in new[] { provider, deployment })
            {
                complete &= node?.Member("tags") is not { } tags ? node?.Names.ContainsKey("tags") != true : tags.Names.Count == tags.Members.Count;
                foreach (var (name, value) in node?.MembersOf("tags") ?? [])
                {
                    labels[name] = (string)value.Value!;
                }
            }

            // Neither names nor values hold these two signs.
            all.TryAdd(string.Join(';', labels.OrderBy(static label => label.Key, StringComparer.Ordinal).Select(static label => $"{label.Key}={label.Value}")), labels);
        }
    }
}
