using System.Globalization;
using Gateway.Core.Configuration.Settings;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Reads a tree by the table of settings: names, types, ranges and environment. What cannot be read is left out and reported.</summary>
/// <param name="environment">Values of variables; null when the text comes from somebody who must not read them: then <c>$</c> is a plain sign, and <c>null</c> the same as a missing member.</param>
/// <param name="errors">Where errors go.</param>
internal sealed class DocumentReader(Func<string, string?>? environment, ConfigErrors errors)
{
    /// <returns>The node, or null when it is of another kind than the setting.</returns>
    public ConfigNode? Read(Setting setting, YamlNode yaml, string path = "")
    {
        // An empty value is an empty section: operators comment out all entries of one.
        if (yaml is YamlScalar { IsNull: true } && setting.IsContainer)
        {
            yaml = setting.Kind == SettingKind.List ? new YamlSequence(yaml.Position, []) : new YamlMapping(yaml.Position, []);
        }

        switch (setting.Kind, yaml)
        {
            case (SettingKind.Object, YamlMapping mapping):
                return ReadObject(setting, mapping, path);
            case (SettingKind.Map, YamlMapping mapping):
                return ReadMap(setting, mapping, path);
            case (SettingKind.List, YamlSequence sequence):
                return ReadList(setting, sequence, path);
            case (SettingKind.Object or SettingKind.Map, _):
                errors.Add(yaml.Position, path, path.Length == 0 ? "the document must be a mapping that begins with \"version: 1\"" : "must be a mapping (name: value)");
                return null;
            case (SettingKind.List, YamlScalar) when setting.TakesOne:
                return ReadList(setting, new YamlSequence(yaml.Position, [yaml]), path);
            case (SettingKind.List, _):
                errors.Add(yaml.Position, path, "must be a list ([a, b] or lines that begin with \"- \")");
                return null;
            case (_, YamlMapping mapping) when setting.ObjectForm is { } form:
                return ReadObject(form, mapping, path);
            case (_, YamlScalar scalar):
                return ReadScalar(setting, scalar, path);
            default:
                errors.Add(yaml.Position, path, $"must be {ScalarReader.Describe(setting)}, not a {(yaml is YamlMapping ? "mapping" : "list")}");
                return null;
        }
    }

    private ConfigNode ReadObject(Setting setting, YamlMapping mapping, string path)
    {
        var node = new ConfigNode(setting, path, mapping.Position);
        foreach (var entry in mapping.Entries)
        {
            var entryPath = Join(path, entry.Name);
            if (!IsFirst(node, entry, entryPath))
            {
                continue;
            }

            var member = Find(setting, entry.Name);
            if (environment is null && member is { Required: false } && entry.Value is YamlScalar { IsNull: true })
            {
                node.Names.Remove(entry.Name);
                continue;
            }

            if (member is null)
            {
                AddUnknownKey(setting, entry, entryPath);
            }
            else if (!member.Available)
            {
                errors.Add(entry.Position, entryPath, "not available yet");
            }
            else if (!IsNothing(member, entry.Value) && Read(member, entry.Value, entryPath) is { } value)
            {
                node.Members.Add(entry.Name, value);
            }
        }

        foreach (var member in setting.Members)
        {
            if (member.Required && !node.Names.ContainsKey(member.Name))
            {
                errors.Add(mapping.Position, Join(path, member.Name), $"is missing: {ScalarReader.Describe(member)}");
            }
        }

        return node;
    }

    /// <summary>An empty section is the same as none, also where an empty mapping or list would say something.</summary>
    private static bool IsNothing(Setting member, YamlNode value) =>
        value is YamlScalar { IsNull: true } && member is { Kind: SettingKind.Object or SettingKind.List, Required: false, Min: 0 };

    private ConfigNode ReadMap(Setting setting, YamlMapping mapping, string path)
    {
        var node = new ConfigNode(setting, path, mapping.Position);
        foreach (var entry in mapping.Entries)
        {
            var entryPath = Join(path, entry.Name);
            if (!IsFirst(node, entry, entryPath))
            {
                continue;
            }

            if (NameRules.Check(setting.Names, entry.Name) is { } problem)
            {
                errors.Add(entry.Position, entryPath, problem);
            }

            if (Read(setting.Item!, entry.Value, entryPath) is { } value)
            {
                node.Members.Add(entry.Name, value);
            }
        }

        if (mapping.Entries.Count > setting.Max)
        {
            errors.Add(node, string.Create(CultureInfo.InvariantCulture, $"must have at most {setting.Max} entries"));
        }

        return node;
    }

    private ConfigNode ReadList(Setting setting, YamlSequence sequence, string path)
    {
        var node = new ConfigNode(setting, path, sequence.Position);
        for (var i = 0; i < sequence.Items.Count; i++)
        {
            if (Read(setting.Item!, sequence.Items[i], string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]")) is { } item)
            {
                node.Items.Add(item);
            }
        }

        if (sequence.Items.Count < setting.Min)
        {
            errors.Add(node, "must not be empty");
        }
        else if (sequence.Items.Count > setting.Max)
        {
            errors.Add(node, string.Create(CultureInfo.InvariantCulture, $"must have at most {setting.Max} items"));
        }

        return node;
    }

    private ConfigNode? ReadScalar(Setting setting, YamlScalar scalar, string path)
    {
        if (scalar.IsNull)
        {
            errors.Add(scalar.Position, path, $"has no value: {ScalarReader.Describe(setting)}");
            return null;
        }

        string? variable = null;
        var text = scalar.Text;
        var problem = environment is null ? null : EnvironmentText.Expand(scalar.Text, environment, out text, out variable);
        object? value = null;
        if (problem is null)
        {
            problem = ScalarReader.Read(setting, text, isSecret: variable is not null || setting.Kind == SettingKind.Secret, out value);
            // The value stays hidden; the variable's name tells where to look.
            problem = problem is null || variable is null ? problem : $"{problem} (from environment variable {variable})";
        }

        if (problem is not null)
        {
            errors.Add(scalar.Position, path, problem, variable is null ? NearestValue(setting, text) : null);
            return null;
        }

        return new(setting, path, scalar.Position) { Value = value, FromEnvironment = variable is not null };
    }

    private void AddUnknownKey(Setting setting, YamlEntry entry, string path)
    {
        if (errors.IsFull)
        {
            return;
        }

        var nearest = Nearest.Of(entry.Name, setting.Members.Select(static known => known.Name));
        var names = nearest is null ? $"; the keys here are {string.Join(", ", setting.Members.Where(static known => known.Available).Select(static known => known.Name))}" : "";
        errors.Add(entry.Position, path, $"unknown key{names}", nearest);
    }

    private bool IsFirst(ConfigNode node, YamlEntry entry, string path)
    {
        if (node.Names.TryAdd(entry.Name, entry.Position))
        {
            return true;
        }

        errors.Add(entry.Position, path, string.Create(CultureInfo.InvariantCulture, $"duplicate key; the first one is in line {node.Names[entry.Name].Line}"));
        return false;
    }

    private static string? NearestValue(Setting setting, string text) => setting.Kind switch
    {
        SettingKind.Choice when !setting.LaterChoices.Contains(text) => Nearest.Of(text, setting.Choices),
        SettingKind.TimeZone => Nearest.Of(text, TimeZones.Known),
        _ => null,
    };

    private static Setting? Find(Setting setting, string name)
    {
        foreach (var member in setting.Members)
        {
            if (member.Name == name)
            {
                return member;
            }
        }

        return null;
    }

    /// <summary>Appends a name to a path; names with other characters than those of keys are quoted, so that a dot in a model name does not look like a level.</summary>
    internal static string Join(string path, string name)
    {
        var isPlain = name.Length > 0;
        foreach (var character in name)
        {
            isPlain &= char.IsAsciiLetterOrDigit(character) || character is '_' or '-';
        }

        if (!isPlain)
        {
            return $"{path}[\"{Shown.Text(name)}\"]";
        }

        return path.Length == 0 ? name : $"{path}.{name}";
    }
}
