using System.Globalization;
using System.Text;
using Gateway.Core.Configuration.Documents;

namespace Gateway.Core.Configuration.Settings;

/// <summary>Writes the reference page out of the table of settings.</summary>
internal static class SettingsReference
{
    private const string Head = "| Setting | Value | Default | Range | Meaning |\n|---|---|---|---|---|\n";

    /// <summary>Every setting with its path, parents before children. Entries of maps are called <c>NAME</c>, items of lists <c>[]</c>.</summary>
    public static IEnumerable<(string Path, Setting Setting)> All() => Below("", SettingsTable.Root, isWhole: true);

    /// <summary>The whole page: what is said once, then the tables.</summary>
    public static string Write()
    {
        var page = new StringBuilder(SettingsIntroduction.Text);
        foreach (var section in SettingsTable.Root.Members)
        {
            var rows = Below("", SettingsTable.Root with { Members = [section] }, isWhole: false).ToList();
            page.Append(CultureInfo.InvariantCulture, $"\n## {section.Name}\n\n{section.Description}\n");
            Append(page, [.. rows.Where(static row => row.Setting.Available && IsRow(row.Setting))], Head, Row);
            Append(page, [.. rows.Where(static row => !row.Setting.Available && IsRow(row.Setting))],
                "Not available yet, refused by name:\n\n| Setting | Value | Meaning |\n|---|---|---|\n", static row =>
                    $"| `{row.Path}` | {Value(row.Setting)} | {row.Setting.Description} |\n");
        }

        foreach (var shared in All().Where(static row => row.Setting.Shared is not null && row.Setting.Name == row.Setting.Shared).GroupBy(static row => row.Setting.Shared))
        {
            AppendShared(page, shared.Key!, shared.First().Setting, shared.Select(static row => row.Path));
        }

        return page.ToString();
    }

    /// <summary>A section that several owners have alike, described once.</summary>
    private static void AppendShared(StringBuilder page, string name, Setting setting, IEnumerable<string> paths)
    {
        page.Append(CultureInfo.InvariantCulture, $"\n## {name}\n\nThe same for {string.Join(", ", paths.Select(static path => $"`{path}`"))}.\n");
        Append(page, [.. Below(name, setting with { Shared = null }, isWhole: false).Where(static row => IsRow(row.Setting))], Head, Row);
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

    private static string Row((string Path, Setting Setting) row) =>
        $"| `{row.Path}` | {Value(row.Setting)} | {Default(row.Setting)} | {row.Setting.Range} | {row.Setting.Description} |\n";

    /// <summary>Containers show through their members; a list of plain values is a row of its own, and so is what is described elsewhere.</summary>
    private static bool IsRow(Setting setting) => setting.Name.Length > 0 && (setting.Shared is not null || setting.Kind switch
    {
        SettingKind.Object => false,
        SettingKind.Map or SettingKind.List => !setting.Item!.IsContainer || setting.Item.Shared is not null,
        _ => true,
    });

    /// <param name="isWhole">Also what is in sections that are described once for all.</param>
    private static IEnumerable<(string Path, Setting Setting)> Below(string path, Setting setting, bool isWhole)
    {
        if (!isWhole && setting.Shared is not null)
        {
            yield break;
        }

        foreach (var member in setting.Members)
        {
            var memberPath = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
            yield return (memberPath, member);
            foreach (var below in Below(memberPath, member, isWhole))
            {
                yield return below;
            }
        }

        if (setting.ObjectForm is { } form)
        {
            foreach (var below in Below(path, form, isWhole))
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
        foreach (var below in Below(itemPath, item, isWhole))
        {
            yield return below;
        }
    }

    private static string Value(Setting setting) => setting.ObjectForm is { } form ? $"{PlainValue(setting)}, or `{ScalarReader.Shape(form)}`" : PlainValue(setting);

    private static string PlainValue(Setting setting) => setting.Kind switch
    {
        _ when setting.Shared is { } shared => $"[`{shared}`](#{shared})",
        SettingKind.List when setting.TakesOne => $"{Value(setting.Item!)}, or a list of them",
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
        SettingKind.Address => "an http or https URL",
        SettingKind.TimeZone => "name of a time zone",
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
