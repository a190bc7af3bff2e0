using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;

namespace Gateway.Edge.VirtualKeys;

/// <summary>What one model name leads to.</summary>
/// <param name="Name">As clients write it.</param>
/// <param name="Target">What an alias stands for; otherwise the name itself.</param>
/// <param name="Providers">Names of the providers that may serve it.</param>
/// <param name="Moderation">Moderation policy of the model group, or null.</param>
/// <param name="MaxTotal">The longest that a request may take: the largest <c>timeouts.total</c> of the providers.</param>
internal sealed record ModelTarget(string Name, string Target, IReadOnlyList<string> Providers, string? Moderation, TimeSpan MaxTotal);

/// <summary>
/// The model names of one configuration, resolved as the Router does: group, alias (one step), <c>provider/model</c>, longest
/// prefix, default provider. The Edge needs only who would serve, not how.
/// </summary>
internal sealed class ModelDirectory
{
    private readonly GatewayConfig _config;
    private readonly FrozenDictionary<string, ModelTarget> _named;
    private readonly FrozenDictionary<string, ProviderConfig>.AlternateLookup<ReadOnlySpan<char>> _providers;
    private readonly (string Prefix, string Provider)[] _prefixes;

    public ModelDirectory(GatewayConfig config)
    {
        _config = config;
        _providers = config.Providers.GetAlternateLookup<ReadOnlySpan<char>>();
        _prefixes = [.. config.Resolve.Prefixes.Select(static pair => (pair.Key.TrimEnd('*'), pair.Value)).OrderByDescending(static pair => pair.Item1.Length)];
        var named = config.Models.Values.ToDictionary(static group => group.Name, Group, StringComparer.Ordinal);
        foreach (var (alias, target) in config.Aliases)
        {
            if (!named.ContainsKey(alias) && (config.Models.TryGetValue(target, out var group) ? Group(group) : ByProvider(target)) is { } found)
            {
                named.Add(alias, found with { Name = alias, Target = target });
            }
        }

        _named = named.ToFrozenDictionary(StringComparer.Ordinal);
        Names = [.. named.Values.OrderBy(static target => target.Name, StringComparer.Ordinal)];
    }

    /// <summary>Model groups and aliases, by name.</summary>
    public IReadOnlyList<ModelTarget> Names { get; }

    /// <returns>Null when the name leads nowhere.</returns>
    public ModelTarget? Resolve(string model)
    {
        if (_named.TryGetValue(model, out var target))
        {
            return target;
        }

        return _config.Aliases.ContainsKey(model) ? null : ByProvider(model) ?? ByPrefix(model);
    }

    /// <summary>As Ollama's clients mean it: <c>x</c> and <c>x:latest</c> are one name, whichever the configuration has.</summary>
    /// <returns>Null when the name leads nowhere.</returns>
    public ModelTarget? ResolveTagged(string model) =>
        _named.TryGetValue(model, out var target) || (ModelTags.Other(model) is { } other && _named.TryGetValue(other, out target)) ? target : Resolve(model);

    /// <summary>Whether the configuration itself has the name.</summary>
    public bool IsNamed(string model) => _named.ContainsKey(model);

    private ModelTarget Group(ModelGroupConfig group)
    {
        var providers = group.Deployments.Select(static deployment => deployment.Provider).Distinct(StringComparer.Ordinal).ToArray();
        return new ModelTarget(group.Name, group.Name, providers, group.Moderation, providers.Max(name => _config.Providers[name].Timeouts.Total));
    }

    private ModelTarget? ByProvider(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < name.Length - 1 && _providers.TryGetValue(name.AsSpan(0, slash), out var provider) ? Single(name, provider) : null;
    }

    private ModelTarget? ByPrefix(string model)
    {
        var owner = _config.Resolve.DefaultProvider;
        foreach (var (prefix, provider) in _prefixes)
        {
            if (model.StartsWith(prefix, StringComparison.Ordinal))
            {
                owner = provider;
                break;
            }
        }

        return owner is not null && _config.Providers.TryGetValue(owner, out var found) ? Single(model, found) : null;
    }

    private static ModelTarget Single(string name, ProviderConfig provider) => new(name, name, [provider.Name], Moderation: null, provider.Timeouts.Total);
}
