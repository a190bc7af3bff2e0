using System.Globalization;
using System.Text;
using Gateway.Core.Configuration.Documents;

namespace Gateway.Core.Configuration.Settings;

/// <summary>Writes the reference page out of the table of settings.</summary>
internal static class SettingsReference
{
    /// <summary>Every setting with its path, parents before children. Entries of maps are called <c>NAME</c>, items of lists <c>[]</c>.</summary>
    public static IEnumerable<(string Path, Setting Setting)> All() => Below("", SettingsTable.Root);

    /// <summary>The whole page: what is said once, then the tables.</summary>
    public static string Write()
    {
        var page = new StringBuilder(SettingsIntroduction.Text);
        foreach (var section in SettingsTable.Root.Members)
        {
            var rows = Below("", SettingsTable.Root with { Members = [section] }).ToList();
            page.Append(CultureInfo.InvariantCulture, $"\n## {section.Name}\n\n{section.Description}\n");
            Append(page, [.. rows.Where(static row => row.Setting.Available && IsRow(row.Setting))],
                "| Setting | Value | Default | Range | Meaning |\n|---|---|---|---|---|\n", static row =>
                    $"| `{row.Path}` | {Value(row.Setting)} | {Default(row.Setting)} | {row.Setting.Range} | {row.Setting.Description} |\n");
            Append(page, [.. rows.Where(static row => !row.Setting.Available && IsRow(row.Setting))],
                "Not available yet, refused by name:\n\n| Setting | Value | Meaning |\n|---|---|---|\n", static row =>
                    $"| `{row.Path}` | {Value(row.Setting)} | {row.Setting.Description} |\n");
        }

        return page.ToString();
    }

    private static void Append(StringBuilder page, List<(string Path, Setting Setting)> rows, string head, Func<(string Path, Setting Setting), string> write)
    {
        if (rows.Count == 0)
        {
            return;
        }

        page.Append('\n').Append(head);
        foreach (var row in rows)
        {
            page.Append(write(row));
        }
    }

    /// <summary>Containers show through their members; a list of plain values is a row of its own.</summary>
    private static bool IsRow(Setting setting) => setting.Name.Length > 0 && setting.Kind switch
    {
        SettingKind.Object => false,
        SettingKind.Map or SettingKind.List => !setting.Item!.IsContainer,
        _ => true,
    };

    private static IEnumerable<(string Path, Setting Setting)> Below(string path, Setting setting)
    {
        foreach (var member in setting.Members)
        {
            var memberPath = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
            yield return (memberPath, member);
            foreach (var below in Below(memberPath, member))
            {
                yield return below;
            }
        }

        if (setting.ObjectForm is { } form)
        {
            foreach (var below in Below(path, form))
            {
                yield return below;
            }
        }

        if (setting.Item is not { } item)
        {
            yield break;
        }

        var itemPath = setting.Kind == SettingKind.List ? $"{path}[]" : $"{path}.NAME";
        yield return (itemPath, item);
        foreach (var below in Below(itemPath, item))
        {
            yield return below;
        }
    }

    private static string Value(Setting setting) => setting.ObjectForm is { } form ? $"{PlainValue(setting)}, or `{ScalarReader.Shape(form)}`" : PlainValue(setting);

    private static string PlainValue(Setting setting) => setting.Kind switch
    {
        SettingKind.List => $"list of: {Value(setting.Item!)}",
        SettingKind.Map => $"{Key(setting.Names)}: {Value(setting.Item!)}",
        SettingKind.Choice => string.Join(", ", setting.Choices.Select(static choice => $"`{choice}`")) + Later(setting),
        SettingKind.Integer => "whole number",
        SettingKind.Secret => "secret",
        SettingKind.Price => "USD per 1,000,000 tokens",
        SettingKind.Duration => "duration",
        SettingKind.Size => "size",
        SettingKind.NamePattern => "name, `*` as wildcard",
        SettingKind.UpstreamPath or SettingKind.RoutePath => "path",
        SettingKind.ProxyUrl => "an http, https, socks4, socks4a or socks5 URL",
        SettingKind.Tag => "label",
        SettingKind.Number => "number",
        SettingKind.HostName => "name of a host",
        _ => ScalarReader.Describe(setting).Replace("a ", "", StringComparison.Ordinal),
    };

    private static string Later(Setting setting) =>
        setting.LaterChoices.Count == 0 ? "" : $" (not available yet: {string.Join(", ", setting.LaterChoices.Select(static choice => $"`{choice}`"))})";

    private static string Key(SettingNames names) => names switch
    {
        SettingNames.Header => "header name",
        SettingNames.Prefix => "prefix with trailing `*`",
        SettingNames.Tag => "label",
        SettingNames.Pattern => "name, `*` as wildcard",
        SettingNames.Any or SettingNames.Name or SettingNames.Provider => "name",
    };

    private static string Default(Setting setting) => setting.Required ? "required" : setting.Default is null ? "none" : setting.Default.StartsWith('`') ? $"same as {setting.Default}" : $"`{setting.Default}`";
}
