using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Gateway.Core.Configuration.Documents;

/// <summary>
/// Reads YAML events into a tree with positions. Anchors, aliases, merge keys and tags are refused: they make text appear
/// where the reader of the document does not see it, and a few lines of them can unfold into gigabytes.
/// </summary>
internal sealed class YamlTreeReader
{
    private const int MaxDepth = 32;

    private readonly Parser _parser;
    private readonly ConfigErrors _errors;

    private YamlTreeReader(Parser parser, ConfigErrors errors)
    {
        _parser = parser;
        _errors = errors;
    }

    /// <returns>The tree, or null when the text is no YAML; anything else that is wrong is added to the errors.</returns>
    public static YamlNode? Read(string text, ConfigErrors errors)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            return new YamlTreeReader(parser, errors).ReadDocument();
        }
        catch (YamlException exception)
        {
            errors.Add(PositionOf(exception.Start), "", $"not YAML: {Sentence(exception.Message)}");
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            // The parser throws these for some broken texts (an unclosed bracket before a block mapping); the position
            // is then that of the last event.
            errors.Add(PositionOf(parser.Current?.End ?? Mark.Empty), "", "not YAML: the text after this position cannot be read; look for a missing bracket or quote");
        }

        return null;
    }

    private YamlNode? ReadDocument()
    {
        _parser.MoveNext();
        _parser.MoveNext();
        if (_parser.Current is not DocumentStart)
        {
            return new YamlMapping(new Position(1, 1), []);
        }

        _parser.MoveNext();
        var root = ReadNode(0);
        if (!_parser.MoveNext() || _parser.Current is not DocumentEnd)
        {
            throw Unexpected();
        }

        if (_parser.MoveNext() && _parser.Current is DocumentStart second)
        {
            _errors.Add(PositionOf(second.Start), "", "a second YAML document begins here; write one document only");
        }

        return root;
    }

    // On entry and on return the parser stands on the first and on the last event of the node.
    private YamlNode ReadNode(int depth)
    {
        if (_parser.Current is not (NodeEvent or AnchorAlias))
        {
            throw Unexpected();
        }

        var start = PositionOf(_parser.Current.Start);
        if (depth > MaxDepth)
        {
            throw new YamlException(_parser.Current.Start, _parser.Current.End, $"Nested more than {MaxDepth} levels deep.");
        }

        if (_parser.Current is AnchorAlias)
        {
            _errors.Add(start, "", "YAML aliases (*name) are not supported; write the value out");
            return new YamlScalar(start, "", Plain: false);
        }

        var node = (NodeEvent)_parser.Current;
        if (!node.Anchor.IsEmpty)
        {
            _errors.Add(start, "", "YAML anchors (&name) are not supported; write the value where it is needed");
        }

        if (!node.Tag.IsEmpty)
        {
            _errors.Add(start, "", "YAML tags (!name) are not supported; the setting's type is known without one");
        }

        return node switch
        {
            Scalar scalar => new YamlScalar(start, scalar.Value, scalar.Style == ScalarStyle.Plain) { Span = new((int)scalar.Start.Index, (int)scalar.End.Index) },
            SequenceStart => ReadSequence(start, depth),
            _ => ReadMapping(start, depth),
        };
    }

    private YamlSequence ReadSequence(Position start, int depth)
    {
        var items = new List<YamlNode>();
        while (_parser.MoveNext() && _parser.Current is not SequenceEnd)
        {
            items.Add(ReadNode(depth + 1));
        }

        return new(start, items);
    }

    private YamlMapping ReadMapping(Position start, int depth)
    {
        var entries = new List<YamlEntry>();
        while (_parser.MoveNext() && _parser.Current is not MappingEnd)
        {
            var key = ReadNode(depth + 1);
            _parser.MoveNext();
            var value = ReadNode(depth + 1);
            if (key is not YamlScalar { Text: var name, Plain: var plain, Span: var span })
            {
                _errors.Add(key.Position, "", "a key must be plain text");
            }
            else if (plain && name == "<<")
            {
                _errors.Add(key.Position, "", "YAML merge keys (<<) are not supported; write the members out");
            }
            else
            {
                entries.Add(new(name, key.Position, value) { Span = span });
            }
        }

        return new(start, entries);
    }

    // The parser lets some broken texts through as events that do not fit together, e.g. an end without its beginning.
    private YamlException Unexpected() => new(_parser.Current?.Start ?? Mark.Empty, _parser.Current?.End ?? Mark.Empty, "A value is missing or stands at the wrong depth here.");

    private static Position PositionOf(Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private static string Sentence(string message) => message.TrimEnd('.');
}
