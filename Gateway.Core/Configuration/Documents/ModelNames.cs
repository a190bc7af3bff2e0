namespace Gateway.Core.Configuration.Documents;

/// <summary>The names that a document defines, and what a model name means by them.</summary>
internal sealed class ModelNames
{
    private readonly List<KeyValuePair<string, string>> _prefixes;
    private readonly string? _defaultProvider;
    private readonly Func<string, string?> _next;

    public ModelNames(ConfigNode root)
    {
        // Names of entries that could not be read count too: one error must not bring a second one behind it.
        Providers = NamesOf(root.Member("providers"));
        Models = NamesOf(root.Member("models"));
        Aliases = NamesOf(root.Member("aliases"));
        Policies = NamesOf(root.Member("moderation")?.Member("policies"));
        Processors = NamesOf(root.Member("processors"));
        var aliases = root.Member("aliases");
        _next = alias => aliases?.Member(alias)?.Value as string;
        _prefixes = Prefixes(root);
        _defaultProvider = root.Member("resolve")?.Text("default_provider");
    }

    /// <summary>The names of a configuration in force.</summary>
    public ModelNames(GatewayConfig config)
    {
        Providers = config.Providers.Keys.ToHashSet(StringComparer.Ordinal);
        Models = config.Models.Keys.ToHashSet(StringComparer.Ordinal);
        Aliases = config.Aliases.Keys.ToHashSet(StringComparer.Ordinal);
        Policies = config.Moderation.Policies.Keys.ToHashSet(StringComparer.Ordinal);
        Processors = config.Processors.Keys.ToHashSet(StringComparer.Ordinal);
        _next = alias => config.Aliases.GetValueOrDefault(alias);
        _prefixes = [.. config.Resolve.Prefixes];
        _defaultProvider = config.Resolve.DefaultProvider;
    }

    public IReadOnlyCollection<string> Providers { get; }

    public IReadOnlyCollection<string> Models { get; }

    public IReadOnlyCollection<string> Aliases { get; }

    public IReadOnlyCollection<string> Policies { get; }

    public IReadOnlyCollection<string> Processors { get; }

    /// <summary>Prefixes, the longest first.</summary>
    public static List<KeyValuePair<string, string>> Prefixes(ConfigNode root) =>
        [.. (root.Member("resolve")?.MembersOf("prefixes") ?? [])
            .Select(static entry => KeyValuePair.Create(entry.Key, (string)entry.Value.Value!))
            .OrderByDescending(static entry => entry.Key.Length)];

    /// <summary>What a name that is no alias stands for: itself when it is a group or <c>provider/model</c>, <c>provider/name</c> when prefixes or the default provider know it.</summary>
    /// <returns>Null for a name that nothing resolves.</returns>
    public string? Resolve(string name)
    {
        if (Models.Contains(name) || IsProviderModel(name))
        {
            return name;
        }

        foreach (var (prefix, provider) in _prefixes)
        {
            if (name.AsSpan().StartsWith(prefix.AsSpan(0, prefix.Length - 1), StringComparison.Ordinal))
            {
                return $"{provider}/{name}";
            }
        }

        return _defaultProvider is null ? null : $"{_defaultProvider}/{name}";
    }

    /// <summary>What a name stands for in the end, aliases included.</summary>
    /// <returns>Null for a name that leads nowhere or to something that has an error itself.</returns>
    public string? Target(string name)
    {
        // One step more than there are aliases is a circle.
        for (var steps = 0; steps <= Aliases.Count; steps++)
        {
            if (!Aliases.Contains(name))
            {
                return Resolve(name);
            }

            if (_next(name) is not { } next)
            {
                return null;
            }

            name = next;
        }

        return null;
    }

    private bool IsProviderModel(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < name.Length - 1 && Providers.Contains(name[..slash]);
    }

    private static HashSet<string> NamesOf(ConfigNode? map) => map is null ? [] : [.. map.Names.Keys];
}
