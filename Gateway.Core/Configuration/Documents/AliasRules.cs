namespace Gateway.Core.Configuration.Documents;

/// <summary>Aliases may lead to aliases, but must arrive somewhere.</summary>
internal static class AliasRules
{
    public static void Check(ConfigNode root, ModelNames names, ConfigErrors errors)
    {
        var aliases = root.Member("aliases");
        foreach (var (alias, target) in root.MembersOf("aliases"))
        {
            if (names.Models.Contains(alias))
            {
                errors.Add(target, "this is also the name of a model group; one name, one meaning");
            }

            var last = Follow(aliases!, alias, out var loop);
            if (loop)
            {
                errors.Add(target, "this alias leads in a circle");
            }
            // The end of the chain is reported where it stands, not at every alias that leads to it.
            else if (last == target && !names.Aliases.Contains((string)target.Value!) && names.Resolve((string)target.Value!) is null)
            {
                errors.AddUnknown(target, $"leads to{DocumentRules.Quoted(target)}, which is no model group, no provider/model, no alias and no name that resolve knows",
                    names.Models.Concat(names.Aliases.Where(other => other != alias)));
            }
        }
    }

    /// <summary>The last target of the chain that begins with an alias.</summary>
    public static ConfigNode Follow(ConfigNode aliases, string alias, out bool loop)
    {
        var target = aliases.Members[alias];
        var steps = 0;
        while (aliases.Members.TryGetValue((string)target.Value!, out var next))
        {
            target = next;
            if (++steps > aliases.Members.Count)
            {
                loop = true;
                return target;
            }
        }

        loop = false;
        return target;
    }
}
