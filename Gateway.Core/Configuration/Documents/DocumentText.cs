using System.Text.RegularExpressions;

namespace Gateway.Core.Configuration.Documents;

/// <summary>What the tree of a document does not have: its comments, and where values end.</summary>
internal static partial class DocumentText
{
    /// <summary>Longest word with a digit in it that is taken for no secret.</summary>
    private const int LongestHarmless = 15;

    /// <summary>The comments, each from its sign to the end of its line: outside of names and values every <c>#</c> begins one.</summary>
    public static IEnumerable<TextSpan> Comments(string text, YamlNode tree)
    {
        var at = 0;
        foreach (var span in Spans(tree).Append(new(text.Length, text.Length)).OrderBy(static span => span.Start))
        {
            while (at < span.Start && text.IndexOf('#', at, span.Start - at) is >= 0 and var start)
            {
                var end = text.IndexOfAny(['\r', '\n'], start);
                at = end < 0 ? text.Length : end;
                yield return new(start, at);
            }

            at = Math.Max(at, Trim(text, span).End);
        }
    }

    /// <summary>Without the white space behind it.</summary>
    public static TextSpan Trim(string text, TextSpan span)
    {
        var end = Math.Min(span.End, text.Length);
        while (end > span.Start && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        return span with { End = end };
    }

    /// <summary>Whether a comment may have a secret in it: one that looks like settings, quotes something, speaks of keys, or has a long word with digits.</summary>
    public static bool MayHoldSecret(string comment) => Suspicious().IsMatch(comment) || Words().Split(comment).Any(static word => word.Length > LongestHarmless && word.Any(char.IsAsciiDigit));

    /// <summary>Whether two trees say the same, wherever it stands.</summary>
    public static bool AreSame(YamlNode one, YamlNode other) => (one, other) switch
    {
        (YamlScalar a, YamlScalar b) => a.Text == b.Text && a.IsNull == b.IsNull,
        (YamlSequence a, YamlSequence b) => a.Items.Count == b.Items.Count && a.Items.Zip(b.Items).All(static pair => AreSame(pair.First, pair.Second)),
        (YamlMapping a, YamlMapping b) => a.Entries.Count == b.Entries.Count && a.Entries.Zip(b.Entries).All(static pair => pair.First.Name == pair.Second.Name && AreSame(pair.First.Value, pair.Second.Value)),
        _ => false,
    };

    private static IEnumerable<TextSpan> Spans(YamlNode node) => node switch
    {
        YamlMapping mapping => mapping.Entries.SelectMany(static entry => Spans(entry.Value).Prepend(entry.Span)),
        YamlSequence sequence => sequence.Items.SelectMany(Spans),
        YamlScalar scalar => [scalar.Span],
        _ => [],
    };

    [GeneratedRegex(@"^#+\s*(-\s|[\w./""'-]+\s*[:=])|[{}\[\]""'=$<>|]|key|secret|passw|token|bearer|credential|hash|\bsk-|\bgw[_-]|://", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Suspicious();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Words();
}
