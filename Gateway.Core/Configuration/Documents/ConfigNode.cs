using Gateway.Core.Configuration.Settings;

namespace Gateway.Core.Configuration.Documents;

/// <summary>A part of the document with its meaning: the setting it belongs to and its checked value.</summary>
internal sealed class ConfigNode(Setting setting, string path, Position position)
{
    public Setting Setting { get; } = setting;

    public string Path { get; } = path;

    public Position Position { get; } = position;

    /// <summary>What a scalar says, in the type of its <see cref="SettingKind"/>; null for objects, maps and lists.</summary>
    public object? Value { get; init; }

    /// <summary>Whether part of the value came out of the environment. Such a value is never shown: it may be a secret in the wrong place.</summary>
    public bool FromEnvironment { get; init; }

    /// <summary>Members of an object or entries of a map that could be read, in the order of the document.</summary>
    public OrderedDictionary<string, ConfigNode> Members { get; } = new(StringComparer.Ordinal);

    /// <summary>Items of a list that could be read.</summary>
    public List<ConfigNode> Items { get; } = [];

    /// <summary>Where each name of an object or map stands, also of entries that could not be read.</summary>
    public Dictionary<string, Position> Names { get; } = new(StringComparer.Ordinal);

    public ConfigNode? Member(string name) => Members.GetValueOrDefault(name);

    /// <summary>A scalar member's value, or the fallback when the document does not have it.</summary>
    public T Get<T>(string name, T fallback) => Members.TryGetValue(name, out var node) ? (T)node.Value! : fallback;

    public string? Text(string name) => Get<string?>(name, null);

    public IEnumerable<ConfigNode> ItemsOf(string name) => Member(name)?.Items ?? [];

    public IEnumerable<KeyValuePair<string, ConfigNode>> MembersOf(string name) => Member(name)?.Members ?? [];
}
