namespace Gateway.Core.Configuration.Documents;

/// <summary>Model groups: about things that exist, and without settings that do nothing.</summary>
internal static class GroupRules
{
    public static void Check(ConfigNode group, ModelNames names, ConfigErrors errors)
    {
        foreach (var deployment in group.ItemsOf("deployments"))
        {
            DocumentRules.CheckReference(deployment.Member("provider"), names.Providers, "provider", errors);
            if (deployment.Member("context") is { Value: long context } node && deployment.Get("max_output", 0L) > context)
            {
                errors.Add(node, "is smaller than max_output; the context window holds input and output");
            }
        }

        DocumentRules.CheckReference(group.Member("moderation"), names.Policies, "moderation policy", errors);
        CheckStrategy(group, errors);
    }

    private static void CheckStrategy(ConfigNode group, ConfigErrors errors)
    {
        // A strategy that could not be read has its own error already.
        var strategy = group.Text("strategy");
        if (strategy is not null || !group.Names.ContainsKey("strategy"))
        {
            if (strategy != "hybrid")
            {
                DocumentRules.AddNoEffect(group, "priority", "without strategy: hybrid; set that or remove this", errors);
            }

            if (strategy != "sticky")
            {
                DocumentRules.AddNoEffect(group, "sticky_by", "without strategy: sticky; set that or remove this", errors);
            }
        }

        // Members that could not be read are in Names only; they may be the one that counts.
        if (group.Member("priority") is { Value: null } weights && weights.Names.Count == weights.Members.Count && weights.Members.Values.All(static weight => weight.Value is 0d))
        {
            errors.Add(weights, "must have one weight at least that is greater than 0");
        }
    }
}
