using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Core.Configuration.Documents;

namespace Gateway.Core.Configuration;

/// <summary>
/// A document as operators may read and change it: in the place of each secret stands <c>***</c> with a tag, as in <c>"***1a2b3c4d5e"</c>. The same secret has the same tag, another one another tag, and who gives the
/// text back, changed or not, gets the secrets back into their places. Comments that could hold a secret are hidden in the same way. Immutable.
/// </summary>
public sealed partial class MaskedDocument
{
    /// <summary>Hexadecimal digits of a tag.</summary>
    public const int TagLength = 10;

    // Masked text of a value, and what it stands for; null where it stands for two, which is then neither.
    private readonly Dictionary<string, Hidden?> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _comments = new(StringComparer.Ordinal);

    private MaskedDocument(string text, Func<string, string> tag)
    {
        Text = YamlTreeReader.Read(text, new ConfigErrors("")) is { } tree && Mask(text, tree, tag) is { } masked ? masked : Describe(text);
    }

    /// <summary>What may be shown.</summary>
    public string Text { get; }

    /// <param name="text">A good document.</param>
    /// <param name="tag">Makes <see cref="TagLength"/> hexadecimal digits of a secret, from which nobody can find it.</param>
    public static MaskedDocument Of(string text, Func<string, string> tag) => new(text, tag);

    /// <summary>Puts the secrets back into a text that <see cref="Text"/> became. What is not known stays as it is.</summary>
    public string Unmask(string text)
    {
        if (YamlTreeReader.Read(text, new ConfigErrors("")) is not { } tree)
        {
            return text;
        }

        var edits = new List<Edit>();
        SecretScalars.Replace(tree, (scalar, _) =>
        {
            if (_values.TryGetValue(scalar.Text, out var known) && known is not null)
            {
                edits.Add(new(scalar.Span, known.In(text, scalar.Span)));
            }

            return scalar;
        });
        foreach (var comment in DocumentText.Comments(text, tree))
        {
            if (_comments.TryGetValue(text[comment.Start..comment.End], out var known) && known is not null)
            {
                edits.Add(new(comment, known));
            }
        }

        return Apply(text, edits);
    }

    /// <summary>The same in a tree, whose positions stay those of the masked text.</summary>
    internal YamlNode Unmask(YamlNode tree, ConfigErrors errors) => SecretScalars.Replace(tree, (scalar, path) =>
    {
        if (_values.TryGetValue(scalar.Text, out var known) && known is not null)
        {
            return scalar with { Text = known.Value, Plain = known.Plain };
        }

        if (scalar.Text == SecretText.Hidden || Tagged().IsMatch(scalar.Text))
        {
            errors.Add(scalar.Position, path, "stands for a secret that the document in force does not have; write the secret itself, or better ${NAME} of an environment variable");
        }

        return scalar;
    });

    private string? Mask(string text, YamlNode tree, Func<string, string> tag)
    {
        var edits = new List<Edit>();
        var shown = SecretScalars.Replace(tree, (scalar, _) =>
        {
            var masked = ConfigListing.Masked(scalar.Text);
            if (!masked.Contains(SecretText.Hidden, StringComparison.Ordinal))
            {
                return scalar;
            }

            masked = masked.Replace(SecretText.Hidden, SecretText.Hidden + tag(scalar.Text), StringComparison.Ordinal);
            var hidden = Hidden.Of(text, scalar);
            if (!_values.TryAdd(masked, hidden) && _values[masked]?.Value != hidden.Value)
            {
                _values[masked] = null;
            }

            edits.Add(new(DocumentText.Trim(text, scalar.Span), $"\"{masked}\""));
            return scalar with { Text = masked, Plain = false };
        });
        foreach (var comment in DocumentText.Comments(text, tree))
        {
            var said = text[comment.Start..comment.End];
            if (DocumentText.MayHoldSecret(said))
            {
                var masked = $"# {SecretText.Hidden}{tag(said)}";
                if (!_comments.TryAdd(masked, said) && _comments[masked] != said)
                {
                    _comments[masked] = null;
                }

                edits.Add(new(comment, masked));
            }
        }

        // Whatever was cut in the wrong place would read differently now.
        var result = Apply(text, edits);
        return YamlTreeReader.Read(result, new ConfigErrors("")) is { } again && DocumentText.AreSame(shown, again) ? result : null;
    }

    /// <summary>For a text whose values cannot be told apart from the rest.</summary>
    private static string Describe(string text) =>
        "# This document cannot be shown as it is written. These are its settings.\n"
        + string.Concat(new ConfigListing(text, static _ => null).Read(withDefaults: false).Select(static setting => $"# {setting.Path}: {JsonSerializer.Serialize(setting.Value)}\n"));

    private static string Apply(string text, List<Edit> edits)
    {
        var result = new StringBuilder(text.Length);
        var at = 0;
        foreach (var edit in edits.OrderBy(static edit => edit.Span.Start))
        {
            if (edit.Span.Start < at)
            {
                continue;
            }

            result.Append(text, at, edit.Span.Start - at).Append(edit.Text);
            at = edit.Span.End;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    [GeneratedRegex(@"\*\*\*[0-9a-f]{10}", RegexOptions.CultureInvariant)]
    private static partial Regex Tagged();

    private readonly record struct Edit(TextSpan Span, string Text);

    /// <param name="Value">The secret.</param>
    /// <param name="Source">As it is written.</param>
    /// <param name="Before">What stands before it in its line.</param>
    private sealed record Hidden(string Value, bool Plain, string Source, string Before)
    {
        public static Hidden Of(string text, YamlScalar scalar)
        {
            var span = DocumentText.Trim(text, scalar.Span);
            return new(scalar.Text, scalar.Plain, text[span.Start..span.End], LineBefore(text, span.Start));
        }

        /// <summary>As it was written, where it still can be: several lines only in the place where they were.</summary>
        public string In(string text, TextSpan place) =>
            !Source.Contains('\n', StringComparison.Ordinal) || (LineBefore(text, place.Start) == Before && IsLast(text, place.End)) ? Source : JsonSerializer.Serialize(Value);

        public override string ToString() => SecretText.Hidden;

        private static string LineBefore(string text, int at) => text[(text.LastIndexOf('\n', Math.Max(0, at - 1), Math.Max(0, at)) + 1)..at];

        private static bool IsLast(string text, int at)
        {
            var end = text.IndexOf('\n', at);
            return string.IsNullOrWhiteSpace(text[at..(end < 0 ? text.Length : end)]);
        }
    }
}
