using System.Globalization;
using Gateway.Core.Configuration;

namespace Gateway.Moderation.Checks;

/// <summary>
/// Words and phrases, matched whole, without regard to case, width, invisible characters and the amount of white space. Linear in
/// the text; there is no length that it refuses.
/// </summary>
internal sealed class KeywordCheck : IModerationCheck
{
    private readonly KeywordAutomaton _automaton;

    /// <exception cref="ModerationConfigurationException">A keyword has nothing visible in it.</exception>
    public KeywordCheck(string name, ModerationCheckConfig config)
    {
        (Name, Action, Replacement) = (name, config.Action, config.Replacement);
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (var keyword in config.Keywords)
        {
            var folded = MappedText.Fold(keyword).Units.Trim(' ').ToString();
            if (folded.Length == 0)
            {
                throw new ModerationConfigurationException($"{name} has a keyword without any visible character; remove it.");
            }

            words.Add(folded);
        }

        _automaton = new KeywordAutomaton(words);
    }

    public string Name { get; }

    public ModerationAction Action { get; }

    public string Replacement { get; }

    public void Find(CheckedText text, List<TextSpan> found)
    {
        var candidates = new List<TextSpan>();
        foreach (var folded in text.Folded)
        {
            candidates.Clear();
            _automaton.Find(folded.Units, candidates);
            foreach (var candidate in candidates)
            {
                if (IsWhole(folded.Units, candidate))
                {
                    found.Add(folded.Source(candidate.Start, candidate.End));
                }
            }
        }
    }

    /// <summary>No letter goes on before or after it. A word that itself begins or ends with a sign has no such border there.</summary>
    private static bool IsWhole(ReadOnlySpan<char> text, TextSpan match) =>
        (match.Start == 0 || !IsWord(text[match.Start - 1]) || !HasBorder(text[match.Start]))
        && (match.End == text.Length || !IsWord(text[match.End]) || !HasBorder(text[match.End - 1]));

    private static bool IsWord(char unit) => unit == '_' || char.IsLetterOrDigit(unit) || char.IsSurrogate(unit)
        || CharUnicodeInfo.GetUnicodeCategory(unit) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>Scripts that are written without blanks between words have no borders to look for: there, a word is found anywhere.</summary>
    private static bool HasBorder(char unit) => IsWord(unit) && unit is not ((>= '\u0E00' and <= '\u0EFF') or (>= '\u1000' and <= '\u109F')
        or (>= '\u1100' and <= '\u11FF') or (>= '\u1780' and <= '\u17FF') or (>= '\u2E80' and <= '\uA4CF') or (>= '\uA960' and <= '\uA97F')
        or (>= '\uAC00' and <= '\uFAFF'));
}
