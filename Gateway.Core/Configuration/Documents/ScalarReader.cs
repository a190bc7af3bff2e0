using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Core.Configuration.Settings;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Reads the text of one scalar by its setting.</summary>
internal static class ScalarReader
{
    private static readonly string[] DateForms =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ssK"];

    /// <param name="setting">What is read.</param>
    /// <param name="text">Its text, environment included.</param>
    /// <param name="isSecret">The text must not be in the answer.</param>
    /// <param name="value">What it says, in the type of the setting's kind.</param>
    /// <returns>Null when it is good, else what is wrong.</returns>
    public static string? Read(Setting setting, string text, bool isSecret, out object? value)
    {
        value = text;
        var shown = isSecret ? "" : $", not \"{Shown.Text(text)}\"";
        switch (setting.Kind)
        {
            case SettingKind.Secret:
                return Secret(setting, text);
            case SettingKind.Text:
                return Characters(setting, text);
            case SettingKind.Name or SettingKind.Reference or SettingKind.NamePattern when text.Length == 0:
                return "must not be empty";
            case SettingKind.Name:
                return NameRules.IsName(text) ? null : $"must be {SettingMaker.NameForm}{shown}";
            case SettingKind.Reference:
                return NameRules.IsName(text) ? null : $"must be a name{shown}";
            case SettingKind.NamePattern:
                return Characters(setting, text) ?? (text.Contains(' ', StringComparison.Ordinal) ? $"must have no spaces{shown}" : null);
            case SettingKind.Regex:
                return Characters(setting, text) ?? Expression(text);
            case SettingKind.Choice:
                return setting.Choices.Contains(text) ? null
                    : setting.LaterChoices.Contains(text) ? $"\"{text}\" is not available yet; use {string.Join(" or ", setting.Choices)}"
                    : $"must be {Choices(setting)}{shown}";
            case SettingKind.Boolean:
                value = text is "true" or "True" or "TRUE";
                return (bool)value || text is "false" or "False" or "FALSE" ? null : $"must be true or false{shown}";
            case SettingKind.Integer:
                var isInteger = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
                value = number;
                return isInteger && number >= setting.Min && number <= setting.Max ? null
                    : string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {setting.Min} to {setting.Max}{shown}");
            case SettingKind.Size:
                var isSize = Units.TryReadSize(text, out var bytes);
                value = bytes;
                return !isSize ? $"must be {Describe(setting)}{shown}"
                    : bytes >= setting.Min && bytes <= setting.Max ? null : $"must be from {Units.WriteSize(setting.Min)} to {Units.WriteSize(setting.Max)}{shown}";
            case SettingKind.Duration:
                var isDuration = Units.TryReadDuration(text, out var duration);
                value = duration;
                return !isDuration ? $"must be {Describe(setting)}{shown}"
                    : duration.TotalMilliseconds >= setting.Min && duration.TotalMilliseconds <= setting.Max ? null
                    : $"must be from {Units.Write(TimeSpan.FromMilliseconds(setting.Min))} to {Units.Write(TimeSpan.FromMilliseconds(setting.Max))}{shown}";
            case SettingKind.Price:
                var priceProblem = Units.ReadPrice(text, out var nanoUsd);
                value = nanoUsd;
                return priceProblem;
            case SettingKind.Date:
                var isDate = DateTimeOffset.TryParseExact(text, DateForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date);
                value = date;
                return isDate ? null : $"must be {Describe(setting)}{shown}";
            case SettingKind.Number:
                var isNumber = Units.TryReadNumber(text, out var exact);
                value = (double)exact;
                return isNumber && exact >= (decimal)setting.Min / Units.Thousandths && exact <= (decimal)setting.Max / Units.Thousandths ? null
                    : $"must be {Describe(setting)}{shown}";
            case SettingKind.Tag:
                return NameRules.IsTag(text) ? null : $"must be {SettingMaker.TagForm}{shown}";
            case SettingKind.HostName:
                return NameRules.IsHostName(text) ? null : $"must be the name of a host such as api.example.com{shown}";
            case SettingKind.UpstreamPath:
                return PathText.CheckUpstream(text) is { } pathProblem ? $"{pathProblem}{shown}" : null;
            case SettingKind.RoutePath:
                return PathText.CheckRoute(text) is { } routeProblem ? $"{routeProblem}{shown}" : null;
            case SettingKind.ProxyUrl:
                var proxyProblem = ProxyUrl.Read(text, out var proxy);
                value = proxy;
                return proxyProblem;
            case SettingKind.Url:
                var urlProblem = BaseUrl.Read(text, out var url);
                value = url;
                return urlProblem;
            case SettingKind.Usd:
                var usdProblem = Units.ReadUsd(text, setting.Min, setting.Max, out var money);
                value = money;
                return usdProblem;
            case SettingKind.TimeZone:
                var isZone = TimeZones.TryFind(text, out var zone);
                value = zone;
                return isZone ? null : $"must be {Describe(setting)}{shown}";
            case SettingKind.Address:
                var addressProblem = BaseUrl.ReadAddress(text, out var address);
                value = address;
                return addressProblem;
            case SettingKind.Hash:
                value = text.ToLowerInvariant();
                return text.Length == 64 && text.All(char.IsAsciiHexDigit) ? null : "must be 64 hexadecimal digits: the HMAC-SHA256 of the secret, not the secret";
            case SettingKind.Network:
                var networkProblem = Networks.Read(text, out var network);
                value = network;
                return networkProblem is null ? null : $"{networkProblem}{shown}";
            case SettingKind.TokenKey:
                return TokenKeys.Check(setting, text);
            default:
                return "is no plain value";
        }
    }

    /// <summary>What a value of the setting looks like, for messages.</summary>
    public static string Describe(Setting setting) => setting.Kind switch
    {
        SettingKind.Object or SettingKind.Map => "a mapping",
        SettingKind.List => "a list",
        SettingKind.Text => "a text",
        SettingKind.Secret => "a secret, usually \"${VARIABLE}\"",
        SettingKind.Name or SettingKind.Reference => "a name",
        SettingKind.NamePattern => "a name, * for any run of characters",
        SettingKind.Regex => "a regular expression",
        SettingKind.Choice when setting.ObjectForm is not null => Choices(setting),
        SettingKind.Choice => string.Join(" or ", setting.Choices),
        SettingKind.Boolean => "true or false",
        SettingKind.Integer => string.Create(CultureInfo.InvariantCulture, $"a whole number from {setting.Min} to {setting.Max}"),
        SettingKind.Size => "a size such as 512KiB, 32MiB or 10MB",
        SettingKind.Duration => "a duration such as 500ms, 2s, 10m, 1h or 90d",
        SettingKind.Price => "USD per 1,000,000 tokens",
        SettingKind.Date => "a date such as 2027-01-01 or 2027-01-01T12:00:00Z",
        SettingKind.Url => "an http or https URL",
        SettingKind.Number => string.Create(CultureInfo.InvariantCulture, $"a number from {(decimal)setting.Min / Units.Thousandths} to {(decimal)setting.Max / Units.Thousandths}"),
        SettingKind.Tag => "a label",
        SettingKind.UpstreamPath or SettingKind.RoutePath => "a path that begins with /",
        SettingKind.ProxyUrl => "the URL of a proxy",
        SettingKind.HostName => "the name of a host",
        SettingKind.Usd => "USD",
        SettingKind.TimeZone => "the IANA name of a time zone such as Europe/Berlin",
        SettingKind.Address => "an http or https URL",
        SettingKind.Hash => "64 hexadecimal digits",
        SettingKind.Network => "an address or a range such as 10.0.0.0/8",
        SettingKind.TokenKey => "a public key in PEM or a shared secret",
    };

    /// <summary>An object as people write it: <c>{secret, weight, limits}</c>.</summary>
    public static string Shape(Setting form) => $"{{{string.Join(", ", form.Members.Where(static member => member.Available).Select(static member => member.Name))}}}";

    private static string? Secret(Setting setting, string text)
    {
        if (text.Length == 0)
        {
            return "must not be empty: an empty secret is a known secret";
        }

        foreach (var character in text)
        {
            // It travels in an HTTP header, where anything else is lost or forbidden.
            if (character is < ' ' or > '~' || (character == ' ' && !setting.HasSpaces))
            {
                return "must consist of visible ASCII characters; look for a space, a line break or a copied special character";
            }
        }

        if (text[0] == ' ' || text[^1] == ' ')
        {
            return "must not begin or end with a space";
        }

        return Length(setting, text);
    }

    private static string? Characters(Setting setting, string text)
    {
        foreach (var character in text)
        {
            if (char.IsControl(character) && character is not ('\n' or '\t'))
            {
                return "must not hold control characters";
            }
        }

        return Length(setting, text);
    }

    private static string? Length(Setting setting, string text) =>
        setting.Min > 0 && !HasVisible(text) ? "must not be empty"
        : text.Length < setting.Min ? string.Create(CultureInfo.InvariantCulture, $"must have at least {setting.Min} characters")
        : text.Length > setting.Max ? string.Create(CultureInfo.InvariantCulture, $"must have at most {setting.Max} characters") : null;

    // A keyword of zero-width characters looks like none and would match where nobody sees why.
    private static bool HasVisible(string text) => text.EnumerateRunes().Any(static rune => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.OtherNotAssigned)
        && rune.Value is not (0x115F or 0x1160 or 0x2800 or 0x3164 or 0xFFA0));

    private static string? Expression(string pattern)
    {
        try
        {
            // The engine without backtracking refuses what it cannot match in linear time; so do we, before a request finds out.
            var expression = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return expression.IsMatch("") ? "matches the empty text, so it would match everything" : null;
        }
        catch (RegexParseException exception)
        {
            return string.Create(CultureInfo.InvariantCulture, $"is no regular expression: {exception.Error} at character {exception.Offset}");
        }
        catch (Exception exception) when (exception is NotSupportedException or ArgumentException or OverflowException)
        {
            return "cannot run in linear time: look-around, back references, atomic groups, conditions and large nested counts are refused";
        }
    }

    private static string Choices(Setting setting) =>
        setting.ObjectForm is { } form ? $"{string.Join(", ", setting.Choices)} or a mapping {Shape(form)}" : Either(setting.Choices);

    private static string Either(IReadOnlyList<string> choices) =>
        choices.Count < 2 ? string.Concat(choices) : $"{string.Join(", ", choices.SkipLast(1))} or {choices[^1]}";
}
