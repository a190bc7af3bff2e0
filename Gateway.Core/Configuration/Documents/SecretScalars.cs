using System.Globalization;
using Gateway.Core.Configuration.Settings;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Finds the values of a document that are never shown. What no setting explains is one of them.</summary>
internal static class SecretScalars
{
    /// <param name="tree">Of any document, a bad one too.</param>
    /// <param name="replace">Gets a value that is hidden and its path; returns what stands in its place.</param>
    /// <returns>The tree with the replaced values; positions are kept.</returns>
    public static YamlNode Replace(YamlNode tree, Func<YamlScalar, string, YamlScalar> replace) => Walk(SettingsTable.Root, tree, "", replace);

    private static YamlNode Walk(Setting? setting, YamlNode node, string path, Func<YamlScalar, string, YamlScalar> replace) => node switch
    {
        YamlMapping mapping => mapping with
        {
            Entries = [.. mapping.Entries.Select(entry => entry with { Value = Walk(MemberOf(setting, entry.Name), entry.Value, DocumentReader.Join(path, entry.Name), replace) })],
        },
        YamlSequence sequence => sequence with
        {
            Items = [.. sequence.Items.Select((item, i) => Walk(setting is { Kind: SettingKind.List } list ? list.Item : null, item, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), replace))],
        },
        YamlScalar { IsNull: false } scalar when IsHidden(setting) => replace(scalar, path),
        _ => node,
    };

    private static Setting? MemberOf(Setting? setting, string name) => setting switch
    {
        { Kind: SettingKind.Object } => setting.Members.FirstOrDefault(member => member.Name == name),
        { Kind: SettingKind.Map } => setting.Item,
        { ObjectForm: { } form } => form.Members.FirstOrDefault(member => member.Name == name),
        _ => null,
    };

    private static bool IsHidden(Setting? setting) => setting switch
    {
        { Kind: SettingKind.List, TakesOne: true } => IsHidden(setting.Item),
        null or { IsContainer: true } => true,
        _ => setting.IsHidden,
    };
}
