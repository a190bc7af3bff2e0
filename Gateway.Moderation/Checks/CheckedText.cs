using System.Text;

namespace Gateway.Moderation.Checks;

/// <summary>A text under check, with the forms of it that checks need, each made at most once. Used by one request at a time.</summary>
internal sealed class CheckedText(string text, int[] joints)
{
    private IReadOnlyList<MappedText>? _folded;
    private MappedText? _plain;
    private bool _plainMade;

    public string Text => text;

    /// <summary>For words: as one text, and, when it came in several parts, with a blank between them.</summary>
    public IReadOnlyList<MappedText> Folded => _folded ??= joints.Length == 0
        ? [MappedText.Fold(text)]
        : [MappedText.Fold(text), MappedText.Fold(text, joints)];

    /// <summary>For patterns: without look-alikes and invisible characters; null when that is the text itself.</summary>
    public MappedText? Plain
    {
        get
        {
            if (!_plainMade)
            {
                _plainMade = true;
                var plain = Ascii.IsValid(text) ? null : MappedText.Plain(text);
                _plain = plain is null || plain.Units.SequenceEqual(text) ? null : plain;
            }

            return _plain;
        }
    }
}
