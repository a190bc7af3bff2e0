using System.Text;
using System.Text.Json;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Reads JSON into the tree that documents are read from. Strict: UTF-8, one value, no comments, no trailing commas.</summary>
internal ref struct JsonTreeReader
{
    private const int MaxDepth = 32;

    private readonly ReadOnlySpan<byte> _json;
    private Utf8JsonReader _reader;

    private JsonTreeReader(ReadOnlySpan<byte> json)
    {
        _json = json;
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    /// <returns>The tree, or null when the text is no JSON; what is wrong is added to the errors.</returns>
    public static YamlNode? Read(ReadOnlySpan<byte> json, ConfigErrors errors)
    {
        var reader = new JsonTreeReader(json);
        try
        {
            reader._reader.Read();
            var node = reader.ReadNode();
            reader._reader.Read();
            return node;
        }
        catch (JsonException exception)
        {
            var line = (int)(exception.LineNumber ?? 0) + 1;
            errors.Add(new Position(line, (int)(exception.BytePositionInLine ?? 0) + 1), "", "is no valid JSON");
        }
        catch (InvalidOperationException)
        {
            // A text that is no UTF-8, or half of a surrogate pair.
            errors.Add(reader.Here(), "", "is no valid JSON: a text is not UTF-8");
        }

        return null;
    }

    private YamlNode ReadNode()
    {
        var position = Here();
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var entries = new List<YamlEntry>();
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
                {
                    var (name, at) = (_reader.GetString()!, Here());
                    _reader.Read();
                    entries.Add(new YamlEntry(name, at, ReadNode()));
                }

                return new YamlMapping(position, entries);
            case JsonTokenType.StartArray:
                var items = new List<YamlNode>();
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(ReadNode());
                }

                return new YamlSequence(position, items);
            case JsonTokenType.String:
                return new YamlScalar(position, _reader.GetString()!, Plain: false);
            default:
                return new YamlScalar(position, Encoding.UTF8.GetString(_reader.ValueSpan), Plain: true);
        }
    }

    private readonly Position Here()
    {
        var before = _json[..(int)_reader.TokenStartIndex];
        return new Position(before.Count((byte)'\n') + 1, before.Length - (before.LastIndexOf((byte)'\n') + 1) + 1);
    }
}
