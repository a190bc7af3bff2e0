using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Core.Masking;

/// <summary>
/// Masks what is recognised by its form as personal data or a secret. All expressions run in linear time; thread-safe, no state. Names and postal addresses have no form and stay.
/// The one place of these patterns: whatever masks personal data uses them.
/// </summary>
public static class PersonalData
{
    // In this order: a secret may hold what looks like a number, and an e-mail address what looks like an IP address.
    private static readonly Rule[] Rules =
    [
        new("[secret]", "-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.|\n|\r)*?(?:-----END [A-Z ]*PRIVATE KEY-----|\\z)", "PRIVATE KEY"),
        new("[secret]", @"\b(?:sk|pk|rk|gw|gsk|xai|pplx|hf|npm|ghp|gho|ghu|ghs|ghr|glpat|dop_v1|shpat|whsec|xox[abeprs])[-_][A-Za-z0-9_-]{12,}", null),
        new("[secret]", @"\b(?:github_pat_[A-Za-z0-9_]{20,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{20,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})", null),
        new("[secret]", @"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?", "eyJ"),
        new("[secret]", @"(?i:\bbearer\s+[A-Za-z0-9+/._~=-]{12,})", null),
        new("[secret]", @"(?i:\bbasic\s+[A-Za-z0-9+/]{12,}={0,2})", null, static text => text.ContainsAnyInRange('0', '9') || text.EndsWith("=")),
        new("[secret]", @"(?i:\b(?:[a-z0-9]*[_-])*(?:password|passwd|passphrase|pwd|secret|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?token|access[_-]?token|token)\\?[""']?\s*[:=]\s*\\?[""']?[^\s""',;\\]{6,})", null),
        new("[secret]", @"[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@", "://"),
        new("[email]", @"[\p{L}\p{N}._%+'-]+@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}", "@"),
        new("[secret]", @"\b[A-Za-z0-9_-]{40,}", null, static text => HasAll(text)),
        new("[iban]", @"\b[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,30}\b", null, static text => IsIban(text)),
        new("[card]", @"\b[0-9](?:[ -]?[0-9]){12,18}\b", null, static text => IsCard(text)),
        new("[id number]", @"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b", "-"),
        new("[ip address]", @"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b", ".", static text => System.Net.IPAddress.TryParse(text, out _)),
        new("[ip address]", @"(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}", ":", static text => text.Count(':') > 2 && System.Net.IPAddress.TryParse(text, out _)),
        new("[phone]", @"(?:[+(]|\b)[0-9][0-9 ()./-]{6,22}[0-9]", null, static text => IsPhone(text)),
    ];

    /// <summary>Masks a text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="count">How much was masked.</param>
    /// <returns>The same text where nothing was found; else compatible characters (full width and the like) in it are made plain, too.</returns>
    public static string Mask(string text, out int count)
    {
        count = 0;
        var masked = Plain(text);
        foreach (var rule in Rules)
        {
            masked = rule.Apply(masked, ref count);
        }

        return count > 0 ? masked : text;
    }

    /// <summary>Full-width letters, digits of other scripts, other dashes and blanks, and characters that nobody sees must hide nothing. Without the framework's normalisation, which needs libraries that a container may lack.</summary>
    private static string Plain(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case < 0x80:
                    plain.Append((char)rune.Value);
                    break;
                case 0xAD or 0x34F or 0x61C or 0x180E or (>= 0x200B and <= 0x200F) or (>= 0x2060 and <= 0x2064) or 0xFEFF:
                    break;
                case >= 0xFF01 and <= 0xFF5E:
                    plain.Append((char)(rune.Value - 0xFEE0));
                    break;
                case >= 0x2010 and <= 0x2015 or 0x2212:
                    plain.Append('-');
                    break;
                default:
                    plain.Append(Rune.IsWhiteSpace(rune) ? " " : Rune.IsDigit(rune) ? Digit(rune) : rune.ToString());
                    break;
            }
        }

        return plain.ToString();
    }

    private static string Digit(Rune rune) => ((int)Rune.GetNumericValue(rune)).ToString(CultureInfo.InvariantCulture);

    /// <summary>Numbers with signs between their digits are not longer.</summary>
    private const int LongestForm = 70;

    /// <summary>Words and paths are of one kind of character; keys are of all.</summary>
    private static bool HasAll(ReadOnlySpan<char> text) => text.ContainsAnyInRange('0', '9') && text.ContainsAnyInRange('a', 'z') && text.ContainsAnyInRange('A', 'Z');

    /// <summary>Luhn's sum, ISO/IEC 7812-1.</summary>
    private static bool IsCard(ReadOnlySpan<char> text)
    {
        var (sum, digits) = (0, 0);
        for (var i = text.Length - 1; i >= 0; i--)
        {
            if (!char.IsAsciiDigit(text[i]))
            {
                continue;
            }

            var digit = text[i] - '0';
            digit = digits++ % 2 == 0 ? digit : digit > 4 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
        }

        return digits >= 13 && sum % 10 == 0;
    }

    /// <summary>Remainder 1 by 97, ISO 13616.</summary>
    private static bool IsIban(ReadOnlySpan<char> text)
    {
        Span<char> bare = stackalloc char[64];
        var length = 0;
        foreach (var unit in text)
        {
            if (char.IsAsciiLetterOrDigit(unit))
            {
                bare[length++] = char.ToUpperInvariant(unit);
            }
        }

        var rest = 0;
        for (var i = 0; i < length; i++)
        {
            var unit = bare[(i + 4) % length];
            rest = char.IsAsciiDigit(unit) ? ((rest * 10) + unit - '0') % 97 : ((rest * 100) + unit - 'A' + 10) % 97;
        }

        return length is >= 15 and <= 34 && rest == 1;
    }

    /// <summary>Seven digits and more that begin as a number does which is dialled. A date or an amount does not.</summary>
    private static bool IsPhone(ReadOnlySpan<char> text)
    {
        var digits = 0;
        var groups = 1;
        var wasDigit = true;
        foreach (var unit in text)
        {
            var isDigit = char.IsAsciiDigit(unit);
            digits += isDigit ? 1 : 0;
            groups += isDigit && !wasDigit ? 1 : 0;
            wasDigit = isDigit;
        }

        return digits is >= 7 and <= 17 && (text[0] is '+' or '(' || (text[0] == '0' && digits >= 8) || (groups is >= 3 and <= 6 && digits >= 9));
    }

    private delegate bool Check(ReadOnlySpan<char> match);

    /// <param name="Mask">What a match becomes.</param>
    /// <param name="Pattern">Without look-around and back references.</param>
    /// <param name="Needs">A text without it has no match; null where that cannot be said.</param>
    /// <param name="IsReal">What the form alone does not tell; null for nothing.</param>
    private sealed record Rule(string Mask, string Pattern, string? Needs, Check? IsReal = null)
    {
        private readonly Regex _expression = new(Pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

        public string Apply(string text, ref int count)
        {
            if (Needs is not null && !text.Contains(Needs, StringComparison.Ordinal))
            {
                return text;
            }

            StringBuilder? masked = null;
            var (from, start) = (0, 0);
            while (start < text.Length)
            {
                var matches = _expression.EnumerateMatches(text, start);
                if (!matches.MoveNext())
                {
                    break;
                }

                var match = matches.Current;
                var length = RealLength(text.AsSpan(match.Index, match.Length));
                if (length == 0)
                {
                    // What is sought may begin inside of what only looks like it, but where any length would do.
                    start = match.Index + (match.Length > LongestForm ? match.Length : 1);
                    continue;
                }

                masked ??= new StringBuilder(text.Length);
                masked.Append(text, from, match.Index - from).Append(Mask);
                from = start = match.Index + length;
                count++;
            }

            return masked is null ? text : masked.Append(text, from, text.Length - from).ToString();
        }

        /// <summary>How much of a match is what is sought: it may run on into a word or number behind it. 0 for nothing.</summary>
        private int RealLength(ReadOnlySpan<char> match)
        {
            if (IsReal is null || IsReal(match))
            {
                return match.Length;
            }

            for (var length = match.Length - 1; length > 6 && match.Length <= LongestForm; length--)
            {
                if (!char.IsAsciiLetterOrDigit(match[length]) && IsReal(match[..length]))
                {
                    return length;
                }
            }

            return 0;
        }
    }
}
