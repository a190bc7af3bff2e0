using System.Text.Json;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>One tool call of an answer as far as it has come.</summary>
internal sealed class OpenAICall
{
    private readonly List<byte> _held = [];
    private int _depth;
    private bool _begun;
    private bool _inString;
    private bool _escaped;

    /// <summary>The server's number, or -1.</summary>
    public int Index { get; init; }

    public byte[]? Id { get; set; }

    /// <summary>Our number; -1 until it has a name.</summary>
    public int Place { get; set; } = -1;

    public bool IsStarted => Place >= 0;

    public bool IsEnded { get; set; }

    /// <summary>The arguments so far are one whole JSON object.</summary>
    public bool IsComplete => _begun && _depth == 0 && !_inString;

    /// <summary>Arguments that came before the name.</summary>
    public ReadOnlySpan<byte> Held => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_held);

    public void Hold(ReadOnlySpan<byte> arguments) => _held.AddRange(arguments);

    public void Follow(ReadOnlySpan<byte> arguments)
    {
        foreach (var character in arguments)
        {
            if (_escaped)
            {
                _escaped = false;
            }
            else if (_inString)
            {
                _escaped = character == (byte)'\\';
                _inString = character != (byte)'"';
            }
            else if (character is (byte)'{' or (byte)'[')
            {
                _begun = true;
                _depth++;
            }
            else if (character is (byte)'}' or (byte)']')
            {
                _depth--;
            }
            else
            {
                _inString = character == (byte)'"';
            }
        }
    }
}

/// <summary>One element of <c>tool_calls</c>, as places in its bytes.</summary>
internal struct OpenAICallFields
{
    public int Index;
    public JsonSlice Id;
    public JsonSlice Name;
    public JsonSlice Arguments;
    public JsonSlice Signature;

    /// <param name="reader">Stands on the start of the element.</param>
    public static OpenAICallFields Read(ref Utf8JsonReader reader)
    {
        var fields = new OpenAICallFields { Index = -1 };
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIndex = reader.ValueTextEquals("index"u8);
            var isId = reader.ValueTextEquals("id"u8);
            var isFunction = reader.ValueTextEquals("function"u8);
            var isExtra = reader.ValueTextEquals("extra_content"u8);
            reader.Read();
            if (isIndex && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var index))
            {
                fields.Index = index;
            }
            else if (isId)
            {
                fields.Id = JsonSlice.Take(ref reader);
            }
            else if (isFunction && reader.TokenType == JsonTokenType.StartObject)
            {
                fields.ReadFunction(ref reader);
            }
            else if (isExtra && reader.TokenType == JsonTokenType.StartObject)
            {
                fields.ReadExtra(ref reader, "google"u8);
            }
            else
            {
                reader.Skip();
            }
        }

        return fields;
    }

    /// <param name="reader">Stands on the start of the object that holds name and arguments.</param>
    public void ReadFunction(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isName = reader.ValueTextEquals("name"u8);
            var isArguments = reader.ValueTextEquals("arguments"u8);
            reader.Read();
            var value = JsonSlice.Take(ref reader);
            if (isName)
            {
                Name = value;
            }
            else if (isArguments)
            {
                Arguments = value;
            }
        }
    }

    /// <summary>Google's own place for signatures: <c>extra_content.google.thought_signature</c>.</summary>
    private void ReadExtra(ref Utf8JsonReader reader, ReadOnlySpan<byte> member)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMember = reader.ValueTextEquals(member);
            var isSignature = reader.ValueTextEquals("thought_signature"u8);
            reader.Read();
            if (isMember && reader.TokenType == JsonTokenType.StartObject)
            {
                ReadExtra(ref reader, default);
            }
            else if (isSignature && member.IsEmpty)
            {
                Signature = JsonSlice.Take(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }
    }
}
