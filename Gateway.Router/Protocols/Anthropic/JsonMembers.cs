using System.Text.Json;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Walks the members of one JSON object over its bytes: no document, no strings. Throws <see cref="JsonException"/> for what is no JSON.</summary>
internal ref struct JsonMembers
{
    private readonly ReadOnlySpan<byte> _json;
    private Utf8JsonReader _reader;
    private bool _atName;

    /// <param name="json">A document whose root should be an object; anything else has no members.</param>
    public JsonMembers(ReadOnlySpan<byte> json)
    {
        _json = json;
        _reader = new Utf8JsonReader(json);
        IsObject = !json.IsEmpty && _reader.Read() && _reader.TokenType == JsonTokenType.StartObject;
    }

    public bool IsObject { get; }

    public bool Next()
    {
        if (!IsObject)
        {
            return false;
        }

        if (_atName)
        {
            _ = Value();
        }

        _atName = _reader.Read() && _reader.TokenType == JsonTokenType.PropertyName;
        return _atName;
    }

    /// <summary>Whether the member that <see cref="Next"/> came to has this name.</summary>
    public readonly bool Is(ReadOnlySpan<byte> name) => _reader.ValueTextEquals(name);

    /// <summary>The member's value as it is written, a string with its quotes. Once for each member.</summary>
    public ReadOnlySpan<byte> Value()
    {
        _atName = false;
        _reader.Read();
        var start = (int)_reader.TokenStartIndex;
        _reader.Skip();
        return _json[start..(int)_reader.BytesConsumed];
    }
}
