using System.Text.Json;

namespace Gateway.Moderation.Content;

/// <summary>
/// Finds the strings of a request body that a model reads, and where they stand. Fields of other types than the protocol has are
/// passed over: the upstream refuses them. A field that comes twice is read twice, so that it does not matter which one counts.
/// </summary>
internal static class ContentReader
{
    private const int MaxDepth = 64;

    /// <exception cref="JsonException">The body is no JSON object.</exception>
    public static BodyContent ReadChat(ReadOnlySpan<byte> body)
    {
        var content = new BodyContent();
        var reader = Open(body);
        while (NextMember(ref reader))
        {
            if (reader.ValueTextEquals("messages"u8))
            {
                reader.Read();
                while (NextObject(ref reader))
                {
                    ReadMessage(ref reader, body, content);
                }
            }
            else if (reader.ValueTextEquals("prediction"u8))
            {
                reader.Read();
                ReadMembers(ref reader, body, content, "content"u8);
            }
            else
            {
                SkipValue(ref reader);
            }
        }

        Close(ref reader);
        return content;
    }

    /// <inheritdoc cref="ReadChat"/>
    public static BodyContent ReadCompletion(ReadOnlySpan<byte> body)
    {
        var content = new BodyContent();
        var reader = Open(body);
        while (NextMember(ref reader))
        {
            if (reader.ValueTextEquals("prompt"u8) || reader.ValueTextEquals("suffix"u8))
            {
                reader.Read();
                ReadTexts(ref reader, body, content);
            }
            else
            {
                SkipValue(ref reader);
            }
        }

        Close(ref reader);
        return content;
    }

    /// <inheritdoc cref="ReadChat"/>
    public static BodyContent ReadEmbedding(ReadOnlySpan<byte> body)
    {
        var content = new BodyContent();
        var reader = Open(body);
        while (NextMember(ref reader))
        {
            if (reader.ValueTextEquals("input"u8))
            {
                reader.Read();
                ReadTexts(ref reader, body, content);
            }
            else
            {
                SkipValue(ref reader);
            }
        }

        Close(ref reader);
        return content;
    }

    private static void ReadMessage(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, BodyContent content)
    {
        while (NextMember(ref reader))
        {
            if (reader.ValueTextEquals("content"u8))
            {
                reader.Read();
                ReadParts(ref reader, body, content, content.AddGroup());
            }
            else if (reader.ValueTextEquals("refusal"u8))
            {
                reader.Read();
                ReadParts(ref reader, body, content, content.AddGroup());
            }
            else if (reader.ValueTextEquals("tool_calls"u8))
            {
                reader.Read();
                while (NextObject(ref reader))
                {
                    ReadToolCall(ref reader, body, content);
                }
            }
            else if (reader.ValueTextEquals("function_call"u8))
            {
                reader.Read();
                ReadMembers(ref reader, body, content, "arguments"u8);
            }
            else
            {
                SkipValue(ref reader);
            }
        }
    }

    private static void ReadToolCall(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, BodyContent content)
    {
        while (NextMember(ref reader))
        {
            var function = reader.ValueTextEquals("function"u8);
            if (function || reader.ValueTextEquals("custom"u8))
            {
                reader.Read();
                ReadMembers(ref reader, body, content, function ? "arguments"u8 : "input"u8);
            }
            else
            {
                SkipValue(ref reader);
            }
        }
    }

    /// <summary>The named members of an object, each a text of its own.</summary>
    private static void ReadMembers(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, BodyContent content, ReadOnlySpan<byte> name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (NextMember(ref reader))
        {
            if (reader.ValueTextEquals(name))
            {
                reader.Read();
                ReadParts(ref reader, body, content, content.AddGroup());
            }
            else
            {
                SkipValue(ref reader);
            }
        }
    }

    /// <summary>A string, or an array of parts that are read as one text. The reader stands on the value and is left on its end.</summary>
    private static void ReadParts(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, BodyContent content, ContentGroup group)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                AddString(ref reader, body, content, group);
                break;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    ReadParts(ref reader, body, content, group);
                }

                break;
            case JsonTokenType.StartObject:
                while (NextMember(ref reader))
                {
                    if (reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("refusal"u8) || reader.ValueTextEquals("content"u8))
                    {
                        reader.Read();
                        ReadParts(ref reader, body, content, group);
                    }
                    else
                    {
                        SkipValue(ref reader);
                    }
                }

                break;
            default:
                break;
        }
    }

    /// <summary>A string or strings, each a text of its own; numbers are token ids.</summary>
    private static void ReadTexts(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, BodyContent content)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                AddString(ref reader, body, content, content.AddGroup());
                break;
            case JsonTokenType.Number:
                content.HasTokenIds = true;
                break;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    ReadTexts(ref reader, body, content);
                }

                break;
            default:
                reader.Skip();
                break;
        }
    }

    private static void AddString(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, BodyContent content, ContentGroup group)
    {
        var start = (int)reader.TokenStartIndex;
        var length = (int)(reader.BytesConsumed - reader.TokenStartIndex);
        var text = JsonText.Unescape(body.Slice(start + 1, length - 2));
        group.Segments.Add(new ContentSegment(start, length, text));
        content.Characters += text.Length;
    }

    private static Utf8JsonReader Open(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? reader : throw new JsonException("The body is not a JSON object.");
    }

    /// <summary>Throws when anything but white space follows.</summary>
    private static void Close(ref Utf8JsonReader reader) => reader.Read();

    private static bool NextMember(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>The next object of an array; entries of other kinds are passed over. The reader stands on the array or on an entry's end.</summary>
    private static bool NextObject(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.EndObject))
        {
            reader.Skip();
            return false;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }

    private static void SkipValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }
}
