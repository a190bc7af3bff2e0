using System.Text.Json;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Where a value stands in a chunk: members come in any order, so values are noted first and used afterwards.</summary>
internal readonly struct JsonSlice
{
    private readonly int _start;
    private readonly int _length;
    private readonly bool _isEscaped;

    private JsonSlice(int start, int length, JsonTokenType type, bool isEscaped)
    {
        (_start, _length, _isEscaped) = (start, length, isEscaped);
        Type = type;
    }

    /// <summary><see cref="JsonTokenType.None"/> when the member is absent.</summary>
    public JsonTokenType Type { get; }

    public bool IsObject => Type == JsonTokenType.StartObject;

    public bool IsArray => Type == JsonTokenType.StartArray;

    /// <summary>A string that is not empty.</summary>
    public bool HasText => Type == JsonTokenType.String && _length > 0;

    /// <summary>Neither absent, null, false nor an empty string, list or object.</summary>
    public bool HasValue => Type is JsonTokenType.StartObject or JsonTokenType.StartArray ? _length > 2 : HasText || Type is JsonTokenType.Number or JsonTokenType.True;

    /// <summary>Notes the value under <paramref name="reader"/> and moves to its end.</summary>
    public static JsonSlice Take(ref Utf8JsonReader reader)
    {
        var type = reader.TokenType;
        var start = (int)reader.TokenStartIndex;
        if (type == JsonTokenType.String)
        {
            return new JsonSlice(start + 1, reader.ValueSpan.Length, type, reader.ValueIsEscaped);
        }

        reader.Skip();
        return new JsonSlice(start, (int)reader.BytesConsumed - start, type, isEscaped: false);
    }

    /// <summary>The JSON text; of a string what stands between its quotes.</summary>
    public ReadOnlySpan<byte> Raw(ReadOnlySpan<byte> data) => data.Slice(_start, _length);

    /// <summary>The string as plain UTF-8, valid until the buffer is used again; empty for all that is no string.</summary>
    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> data, ref byte[] buffer)
    {
        if (Type != JsonTokenType.String)
        {
            return default;
        }

        return _isEscaped ? JsonText.Unescape(Raw(data), ref buffer) : Raw(data);
    }
}
