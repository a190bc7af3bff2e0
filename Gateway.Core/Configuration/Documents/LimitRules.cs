namespace Gateway.Core.Configuration.Documents;

/// <summary>Limits of clients: nothing in them that does nothing.</summary>
internal static class LimitRules
{
    private static readonly string[] Others = ["burst", "shadow", "models"];

    /// <param name="owner">What has a member <c>limits</c>, or not.</param>
    public static void Check(ConfigNode owner, ModelNames names, ConfigErrors errors)
    {
        if (owner.Member("limits") is not { } limits)
        {
            return;
        }

        CheckBurst(limits, errors);
        if (limits.Member("shadow") is { Value: true } shadow && !HasMeasure(limits) && !limits.Names.ContainsKey("models"))
        {
            errors.Add(shadow, "has no effect without a limit; remove it");
        }

        foreach (var (pattern, entry) in limits.MembersOf("models"))
        {
            CheckBurst(entry, errors);
            if (!HasMeasure(entry))
            {
                errors.Add(entry, "holds no limit; remove it");
            }

            CheckName(pattern, entry, names, errors);
        }
    }

    private static bool HasMeasure(ConfigNode limits) => limits.Names.Keys.Any(static name => !Others.Contains(name));

    private static void CheckBurst(ConfigNode limits, ConfigErrors errors)
    {
        if (!LimitBuilder.Rates.Any(rate => limits.Names.ContainsKey(rate.Name)))
        {
            DocumentRules.AddNoEffect(limits, "burst", "without a rate; remove it", errors);
        }
    }

    /// <summary>A pattern without a wildcard is a name: one that there is, and not one of several, or the limit would be gone round by another.</summary>
    private static void CheckName(string name, ConfigNode entry, ModelNames names, ConfigErrors errors)
    {
        if (name.Contains('*', StringComparison.Ordinal) || !NameRules.IsName(name))
        {
            return;
        }

        if (names.Aliases.Contains(name))
        {
            // A target that came out of the environment stays hidden; names of groups never do.
            var target = names.Target(name) is { } found && names.Models.Contains(found) ? $"\"{Shown.Text(found)}\"" : "what it leads to";
            errors.Add(entry, $"is an alias, and the limit would hold for that name alone; write {target}");
        }
        else if (names.Resolve(name) is null)
        {
            errors.Add(entry, $"unknown model \"{Shown.Text(name)}\"", errors.IsFull ? null : Nearest.Of(name, names.Models));
        }
    }
}
