using System.Globalization;
using Gateway.Core.Configuration.Documents;

namespace Gateway.Core.Configuration.Settings;

/// <summary>Short forms that keep the table a table.</summary>
internal static class SettingMaker
{
    public const string NameForm = "a letter or digit, then up to 127 letters, digits or . _ : / -";

    public const string TagForm = "1 - 64 letters, digits or _ - .";

    public static Setting Object(string name, string description, params Setting[] members) => new(name, SettingKind.Object, description) { Members = members };

    public static Setting Map(string name, string description, SettingNames names, Setting item) => new(name, SettingKind.Map, description) { Names = names, Item = item };

    public static Setting List(string name, string description, Setting item) => new(name, SettingKind.List, description) { Item = item };

    public static Setting Text(string name, string description) => new(name, SettingKind.Text, description) { Max = 10_000 };

    public static Setting Secret(string name, string description) => new(name, SettingKind.Secret, description) { Min = 1, Max = 4096, Range = "1 - 4096 visible ASCII characters" };

    public static Setting Name(string name, string description) => new(name, SettingKind.Name, description) { Range = NameForm };

    public static Setting Reference(string name, string description) => new(name, SettingKind.Reference, description) { Min = 1, Max = 256 };

    public static Setting NamePattern(string name, string description) => new(name, SettingKind.NamePattern, description) { Min = 1, Max = 256 };

    public static Setting Choice(string name, string description, params string[] choices) => new(name, SettingKind.Choice, description) { Choices = choices };

    public static Setting Boolean(string name, string description) => new(name, SettingKind.Boolean, description);

    public static Setting Number(string name, string description, decimal min, decimal max) => new(name, SettingKind.Number, description)
    {
        Min = (long)(min * Units.Thousandths),
        Max = (long)(max * Units.Thousandths),
        Range = string.Create(CultureInfo.InvariantCulture, $"{min} - {max}"),
    };

    public static Setting Integer(string name, string description, long min, long max) => new(name, SettingKind.Integer, description)
    {
        Min = min,
        Max = max,
        Range = string.Create(CultureInfo.InvariantCulture, $"{min} - {max}"),
    };

    public static Setting Size(string name, string description, long min, long max) => new(name, SettingKind.Size, description) { Min = min, Max = max };

    public static Setting Duration(string name, string description, TimeSpan min, TimeSpan max) => new(name, SettingKind.Duration, description)
    {
        Min = (long)min.TotalMilliseconds,
        Max = (long)max.TotalMilliseconds,
    };

    public static Setting Timeout(string name, string description, string standard, TimeSpan max) =>
        Duration(name, description, TimeSpan.FromMilliseconds(1), max) with { Default = standard, Range = $"1ms - {Units.Write(max)}" };

    public static Setting Price(string name, string description) => new(name, SettingKind.Price, description)
    {
        Max = Units.MaxPriceUsd,
        Range = string.Create(CultureInfo.InvariantCulture, $"0 - {Units.MaxPriceUsd} USD"),
    };

    /// <param name="min">In nano-USD.</param>
    public static Setting Usd(string name, string description, long min) => new(name, SettingKind.Usd, description)
    {
        Min = min,
        Max = BudgetConfig.MostNanoUsd,
        Range = string.Create(CultureInfo.InvariantCulture, $"{Units.WriteUsd(min)} - {Units.WriteUsd(BudgetConfig.MostNanoUsd)}"),
    };

    public static Setting Date(string name, string description) => new(name, SettingKind.Date, description);

    public static Setting UpstreamPath(string name, string description) => new(name, SettingKind.UpstreamPath, description);

    /// <summary>A path of a file.</summary>
    public static Setting FilePath(string name, string description) => Text(name, description) with { Min = 1, Max = 1024, Range = "1 - 1024 characters" };

    public static Setting Labels(string name, string description) => Map(name, description, SettingNames.Tag, new Setting("", SettingKind.Tag, "Value.")) with
    {
        Default = "{}",
        Max = 64,
        Range = TagForm,
    };

    /// <summary>The same, and everything below it, as not available yet.</summary>
    public static Setting Later(this Setting setting) => setting with
    {
        Available = false,
        Members = [.. setting.Members.Select(static member => member.Later())],
        Item = setting.Item?.Later(),
        ObjectForm = setting.ObjectForm?.Later(),
    };
}
