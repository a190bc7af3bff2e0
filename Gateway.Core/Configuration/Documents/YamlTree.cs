namespace Gateway.Core.Configuration.Documents;

/// <summary>A document as YAML sees it: shape and text, no meaning yet.</summary>
internal abstract record YamlNode(Position Position);

/// <param name="Position">Where it begins.</param>
/// <param name="Text">As written; the environment is not in it yet.</param>
/// <param name="Plain">Without quotes, so that <c>null</c> and <c>~</c> mean no value.</param>
internal sealed record YamlScalar(Position Position, string Text, bool Plain) : YamlNode(Position)
{
    public bool IsNull => Plain && Text is ("" or "~" or "null" or "Null" or "NULL");

    /// <summary>The characters of the text that it was read from, quotes included; a block's may go on over the line breaks behind it. Empty where the source is not YAML.</summary>
    public TextSpan Span { get; init; }
}

internal sealed record YamlSequence(Position Position, IReadOnlyList<YamlNode> Items) : YamlNode(Position);

/// <param name="Position">Where it begins.</param>
/// <param name="Entries">In order; a name may occur twice, which the reader of the document refuses.</param>
internal sealed record YamlMapping(Position Position, IReadOnlyList<YamlEntry> Entries) : YamlNode(Position);

internal sealed record YamlEntry(string Name, Position Position, YamlNode Value)
{
    /// <summary>Of the name, as in <see cref="YamlScalar"/>.</summary>
    public TextSpan Span { get; init; }
}

/// <summary>Characters of a text, from <paramref name="Start"/> to the one before <paramref name="End"/>.</summary>
internal readonly record struct TextSpan(int Start, int End);
