using System.Text.RegularExpressions;

namespace Gateway.Router.Protocols;

/// <summary>What the text of an upstream's error says, and how much of it a client may read.</summary>
internal static partial class UpstreamErrorText
{
    /// <summary>Longest text that goes on.</summary>
    public const int MaxLength = 500;

    /// <summary>What is looked at to find that much between tags.</summary>
    private const int MaxRead = 4 * 1024;

    /// <summary>Without tags, addresses, keys and accounts; at most <see cref="MaxLength"/> characters.</summary>
    /// <returns>Null where nothing is left.</returns>
    public static string? Clean(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        // A half key at the cut would be no key to the patterns: first clean, then cut. The bound is for pages.
        text = text.Length > MaxRead ? text[..MaxRead] : text;
        if (text.AsSpan().TrimStart().StartsWith("<", StringComparison.Ordinal))
        {
            var title = Title().Match(text);
            text = title.Success ? title.Groups[1].Value : Tag().Replace(text, " ");
        }

        text = Url().Replace(text, "[address]");
        text = NamedKey().Replace(text, "$1[key]");
        text = Key().Replace(text, "[key]");
        text = Account().Replace(text, "[account]");
        text = Host().Replace(text, "[address]");
        text = White().Replace(text, " ").Trim();
        return text.Length == 0 ? null : Cut(text);
    }

    /// <summary>"Please retry in 48.9s.", "Please try again in 7m12s", "Please retry after 6 seconds."</summary>
    public static TimeSpan? RetryIn(string? text) => text is not null && Retry().Match(text) is { Success: true } match ? Wait(match.Groups[1].ValueSpan) : null;

    /// <summary>A duration as protobuf and Go write it: 48s, 34.4s, 850ms, 6m0s.</summary>
    /// <returns>Null for what is none, or is no wait.</returns>
    public static TimeSpan? Wait(ReadOnlySpan<char> text) => DurationText.TryParse(text, out var wait) && wait > TimeSpan.Zero ? wait : null;

    private static string Cut(string text)
    {
        if (text.Length <= MaxLength)
        {
            return text;
        }

        // Not between the two halves of one character.
        return text[..(char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength)];
    }

    [GeneratedRegex("<title[^>]*>([^<]+)</title>", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Title();

    [GeneratedRegex("<[^>]*>", RegexOptions.CultureInvariant)]
    private static partial Regex Tag();

    [GeneratedRegex(@"\b[a-z][a-z0-9+.-]{1,15}://[^\s""'<>)\]}]+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Url();

    // Names of hosts by their last part, since a.b.c is as often a field. Addresses with numbers, and what a resolver looked up.
    [GeneratedRegex(
        @"\b(?:[a-z0-9_-]+\.)+(?:com|net|org|io|ai|dev|app|co|cloud|local|internal|lan|corp|intra|svc|cluster|eu|us|uk|de|fr|cn|ru|in|info|invalid|test|example)(?::\d{1,5})?\b|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b|\[[0-9a-f:]*:[0-9a-f:]+\](?::\d{1,5})?|\blocalhost(?::\d{1,5})?\b|(?<=\blookup )[^\s:]+|(?<=\b(?:dial tcp|connect(?:ing|ion)? to|host) )[a-z0-9_.-]+(?::\d{1,5})?",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Host();

    [GeneratedRegex(@"((?:api[ _-]?key|authorization|token|secret)(?: provided)?\s*[:=]\s*(?:Bearer\s+)?|\bBearer\s+)[""']?[^\s""',;]{6,}[""']?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NamedKey();

    // Prefixes of the providers' keys, and runs too long for a word.
    [GeneratedRegex(@"\b(?:sk|pk|rk|gsk|xai|hf|pplx|csk|fw|r8|nvapi)[-_][A-Za-z0-9_*.-]{6,}|\bAIza[A-Za-z0-9_*-]{10,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bya29\.[A-Za-z0-9_.-]{6,}|\beyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]+)*|\b[A-Za-z0-9+/_-]{48,}=*", RegexOptions.CultureInvariant)]
    private static partial Regex Key();

    [GeneratedRegex(@"\b(?:org|proj|acct)[-_][A-Za-z0-9]{8,}\b|\bprojects/[a-z0-9-]+|\barn:aws[a-z-]*:\S+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Account();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex White();

    [GeneratedRegex(
        @"(?:retry|try again|wait)(?:ing)?(?: in| after| for)? ((?:\d+(?:\.\d+)?\s?(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)\s?)+)(?![a-z\d])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Retry();
}
