using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Gateway.Core.Configuration.Settings;

namespace Gateway.Core.Configuration.Documents;

/// <summary>What names may look like.</summary>
internal static partial class NameRules
{
    // Who frames and routes the upstream request is us; a header of the document must not say otherwise.
    private static readonly FrozenSet<string> OwnHeaders = new[]
    {
        "connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <returns>Null when the name is good, else what is wrong with it.</returns>
    public static string? Check(SettingNames rule, string name) => rule switch
    {
        SettingNames.Any => null,
        SettingNames.Name => IsName(name) ? null : $"a name must be {SettingMaker.NameForm}",
        SettingNames.Provider when !IsName(name) => $"a name must be {SettingMaker.NameForm}",
        SettingNames.Provider => name.Contains('/', StringComparison.Ordinal) ? "a provider's name must have no slash: the first slash of provider/model ends it" : null,
        SettingNames.Prefix => name.Length > 1 && IsName(name[..^1]) && name[^1] == '*'
            ? null
            : "a prefix must be the beginning of a name and one trailing *, e.g. \"gpt-*\"; for all names use resolve.default_provider",
        SettingNames.Header when !HeaderForm().IsMatch(name) => "is no HTTP header name",
        SettingNames.Header when OwnHeaders.Contains(name) || name.StartsWith(GatewayHeaders.Prefix, StringComparison.OrdinalIgnoreCase) => "this header belongs to the gateway",
        SettingNames.Header => null,
        SettingNames.Tag => IsTag(name) ? null : $"a label must be {SettingMaker.TagForm}",
        SettingNames.Pattern => PatternForm().IsMatch(name) ? null : "must be the name of a model in 1 - 256 visible characters, * for any run of them",
    };

    public static bool IsName(string name) => NameForm().IsMatch(name);

    public static bool IsTag(string name) => TagForm().IsMatch(name);

    public static bool IsHostName(string name) => name.Length <= 253 && HostForm().IsMatch(name);

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NameForm();

    [GeneratedRegex(@"\A[^\s\p{C}|]{1,256}\z", RegexOptions.CultureInvariant)]
    private static partial Regex PatternForm();

    [GeneratedRegex(@"\A[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderForm();

    [GeneratedRegex(@"\A[A-Za-z0-9_.-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex TagForm();

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex HostForm();
}
