using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Core.Configuration.Documents;
using Gateway.Core.Configuration.Settings;

namespace Gateway.Core.Configuration;

/// <summary>Where the value of a setting comes from.</summary>
public enum ConfigValueSource
{
    /// <summary>It stands in the document.</summary>
    Document,

    /// <summary>The document names an environment variable that is set.</summary>
    Environment,

    /// <summary>The document does not say it.</summary>
    Default,
}

/// <summary>One setting of the document in force.</summary>
/// <param name="Path">As in errors, e.g. <c>providers.openai.keys[0]</c>.</param>
/// <param name="Value">As it is written, with <c>${NAME}</c> in the place of what comes out of the environment and <c>***</c> in that of a secret; of a default, as the reference page says it.</param>
/// <param name="Source">Where the value comes from.</param>
/// <param name="Line">From 1; null for a default.</param>
/// <param name="Variables">Environment variables that the value names.</param>
/// <param name="IsSecret">Whether the setting holds a secret.</param>
public sealed record ListedSetting(string Path, string Value, ConfigValueSource Source, int? Line, IReadOnlyList<string> Variables, bool IsSecret);

/// <summary>
/// A document as operators may see it: every value with where it comes from. A secret is never in it, and nothing that came out of the environment. Kept as text and read when somebody asks; thread-safe.
/// </summary>
public sealed partial class ConfigListing
{
    private readonly string _text;
    private readonly Func<string, string?> _environment;

    /// <param name="text">A good document.</param>
    /// <param name="environment">Value of a variable, or null when it is not set; asked only whether it is.</param>
    public ConfigListing(string text, Func<string, string?> environment) => (_text, _environment) = (text, environment);

    /// <summary>The document as it was written, secrets included: never for answers or logs.</summary>
    public string Text => _text;

    /// <summary>All settings, in the order of the document; defaults follow what stands beside them.</summary>
    /// <param name="withDefaults">Also those that the document does not say, of the objects that it has.</param>
    public IEnumerable<ListedSetting> Read(bool withDefaults) =>
        YamlTreeReader.Read(_text, new ConfigErrors("")) is { } tree ? List(SettingsTable.Root, tree, "", withDefaults) : [];

    private IEnumerable<ListedSetting> List(Setting setting, YamlNode yaml, string path, bool withDefaults)
    {
        switch (setting.Kind, yaml)
        {
            case (SettingKind.Object, YamlMapping mapping):
                return ListObject(setting, mapping, path, withDefaults);
            case (SettingKind.Map, YamlMapping { Entries.Count: > 0 } mapping):
                return mapping.Entries.SelectMany(entry => List(setting.Item!, entry.Value, DocumentReader.Join(path, entry.Name), withDefaults));
            case (SettingKind.List, YamlSequence { Items.Count: > 0 } sequence):
                return sequence.Items.SelectMany((item, i) => List(setting.Item!, item, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), withDefaults));
            case (SettingKind.List, YamlScalar { IsNull: false }) when setting.TakesOne:
                return List(setting.Item!, yaml, path + "[0]", withDefaults);
            case (_, YamlMapping mapping) when setting.ObjectForm is { } form:
                return ListObject(form, mapping, path, withDefaults);
            case (_, YamlScalar { IsNull: false } scalar):
                return [Of(setting, scalar, path)];
            case (SettingKind.List, _):
                return [new ListedSetting(path, "[]", ConfigValueSource.Document, yaml.Position.Line, [], IsSecret: false)];
            default:
                return [new ListedSetting(path, "{}", ConfigValueSource.Document, yaml.Position.Line, [], IsSecret: false)];
        }
    }

    private IEnumerable<ListedSetting> ListObject(Setting setting, YamlMapping mapping, string path, bool withDefaults)
    {
        foreach (var entry in mapping.Entries)
        {
            if (setting.Members.FirstOrDefault(member => member.Name == entry.Name) is { } member)
            {
                foreach (var listed in List(member, entry.Value, DocumentReader.Join(path, entry.Name), withDefaults))
                {
                    yield return listed;
                }
            }
        }

        if (!withDefaults)
        {
            if (mapping.Entries.Count == 0 && path.Length > 0)
            {
                yield return new ListedSetting(path, "{}", ConfigValueSource.Document, mapping.Position.Line, [], IsSecret: false);
            }

            yield break;
        }

        foreach (var member in setting.Members.Where(member => mapping.Entries.All(entry => entry.Name != member.Name)))
        {
            foreach (var standard in Defaults(member, DocumentReader.Join(path, member.Name)))
            {
                yield return standard;
            }
        }
    }

    // A section that is not there has the defaults of its members, unless it says nothing without one that has none.
    private static IEnumerable<ListedSetting> Defaults(Setting setting, string path) => setting switch
    {
        { Available: false } => [],
        { Default: { } standard } => [new ListedSetting(path, standard.Trim('`'), ConfigValueSource.Default, null, [], setting.IsHidden)],
        { Kind: SettingKind.Object } when setting.Members.All(static member => !member.Required) && setting.Shared is null =>
            setting.Members.SelectMany(member => Defaults(member, DocumentReader.Join(path, member.Name))),
        _ => [],
    };

    private ListedSetting Of(Setting setting, YamlScalar scalar, string path)
    {
        var variables = Variable().Matches(scalar.Text).Where(static match => match.Groups["name"].Success).Select(static match => match.Groups["name"].Value).Distinct(StringComparer.Ordinal).ToArray();
        var source = variables.Any(name => !string.IsNullOrEmpty(_environment(name))) ? ConfigValueSource.Environment : ConfigValueSource.Document;
        var isHidden = setting.IsHidden;
        return new ListedSetting(path, isHidden ? Masked(scalar.Text) : scalar.Text, source, scalar.Position.Line, variables, isHidden);
    }

    /// <summary>Only the names of variables are left. What stands around them, and their defaults, may be the secret.</summary>
    internal static string Masked(string text)
    {
        var shown = string.Concat(Variable().Matches(text).Where(static match => match.Groups["name"].Success).Select(static match => match.Groups["default"].Success ? $"${{{match.Groups["name"].Value}:-{SecretText.Hidden}}}" : $"${{{match.Groups["name"].Value}}}"));
        return Variable().Replace(text, "").Length > 0 || shown.Length == 0 ? shown + SecretText.Hidden : shown;
    }

    // As EnvironmentText reads them: $$ is one $, and hides the brace behind it.
    [GeneratedRegex(@"\$\$|\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(?<default>:-[^}]*)?\}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();
}
