using System.Text;
using System.Text.Json;

namespace Gateway.Moderation.Content;

/// <summary>
/// Finds the strings of a request body that a model reads, and where they stand. Fields of other types than the protocol has are
/// passed over: the upstream refuses them. A field that comes twice is read twice, so that it does not matter which one counts.
/// </summary>
internal static class ContentReader
{
    public const int MaxDepth = 64;

    /// <exception cref="JsonException">The body is no JSON object.</exception>
    public static BodyContent ReadChat(ReadOnlySpan<byte> body)
    {
        var content = new BodyContent();
        var reader = Open(body);
        while (NextMember(ref reader))
        {
            if (Is(ref reader, "messages"u8))
            {
                reader.Read();
                while (NextObject(ref reader))
                {
                    ReadMessage(ref reader, body, content);
                }
            }
            else if (Is(ref reader, "prediction"u8))
            {
                reader.Read();
                ReadMembers(ref reader, body, content, "content"u8);
            }
            else if (Is(ref reader, "tools"u8) || Is(ref reader, "functions"u8) || Is(ref reader, "response_format"u8))
            {
                reader.Read();
                ReadDescriptions(ref reader, body, content);
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
            if (Is(ref reader, "prompt"u8) || Is(ref reader, "suffix"u8))
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
            if (Is(ref reader, "input"u8))
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

    /// <summary>All that it says, whatever the field is called: providers add fields that their models read.</summary>
    private static void ReadMessage(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, BodyContent content)
    {
        while (NextMember(ref reader))
        {
            if (Is(ref reader, "content"u8) || Is(ref reader, "refusal"u8) || Is(ref reader, "reasoning_content"u8))
            {
                reader.Read();
                ReadParts(ref reader, body, content, content.AddGroup());
            }
            else
            {
                ReadMember(ref reader, body, content, inMedia: false);
            }
        }
    }

    /// <summary>Every string of the member's value, each a text of its own, but for what only machines read.</summary>
    /// <param name="inMedia">The member is part of an image, sound or file.</param>
    private static void ReadMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, BodyContent content, bool inMedia)
    {
        var isMedia = Is(ref reader, "image_url"u8) || Is(ref reader, "input_audio"u8) || Is(ref reader, "audio"u8) || Is(ref reader, "video_url"u8) || Is(ref reader, "file"u8);
        var isForMachines = Is(ref reader, "role"u8) || Is(ref reader, "type"u8) || Is(ref reader, "id"u8) || Is(ref reader, "tool_call_id"u8)
            || (inMedia && (Is(ref reader, "url"u8) || Is(ref reader, "data"u8) || Is(ref reader, "file_data"u8) || Is(ref reader, "file_id"u8)));
        reader.Read();
        // A picture may also be named by its address alone, without an object around it.
        if (reader.TokenType == JsonTokenType.String && (isMedia || isForMachines))
        {
            return;
        }

        ReadStrings(ref reader, body, content, inMedia || isMedia);
    }

    private static void ReadStrings(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, BodyContent content, bool inMedia)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                AddString(ref reader, body, content, content.AddGroup());
                break;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    ReadStrings(ref reader, body, content, inMedia);
                }

                break;
            case JsonTokenType.StartObject:
                while (NextMember(ref reader))
                {
                    ReadMember(ref reader, body, content, inMedia);
                }

                break;
            default:
                break;
        }
    }

    /// <summary>What tells the model about a tool, a parameter or a field of the answer, at any depth of the schema. The names stay: the client's code goes by them.</summary>
    private static void ReadDescriptions(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, BodyContent content)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    ReadDescriptions(ref reader, body, content);
                }

                break;
            case JsonTokenType.StartObject:
                while (NextMember(ref reader))
                {
                    var isDescription = Is(ref reader, "description"u8);
                    reader.Read();
                    if (isDescription && reader.TokenType == JsonTokenType.String)
                    {
                        AddString(ref reader, body, content, content.AddGroup());
                    }
                    else
                    {
                        // A parameter may itself be called "description".
                        ReadDescriptions(ref reader, body, content);
                    }
                }

                break;
            default:
                break;
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
            if (Is(ref reader, name))
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
                    if (Is(ref reader, "text"u8) || Is(ref reader, "refusal"u8) || Is(ref reader, "content"u8))
                    {
                        reader.Read();
                        ReadParts(ref reader, body, content, group);
                    }
                    else
                    {
                        ReadMember(ref reader, body, content, inMedia: false);
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

    /// <summary>Whether the member that the reader stands on has this name. The framework's own comparison throws at half a surrogate pair (<c>"\ud800"</c>).</summary>
    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) => reader.ValueIsEscaped
        ? reader.ValueSpan.Length <= name.Length * "\\u0000".Length && Ascii.Equals(name, JsonText.Unescape(reader.ValueSpan))
        : reader.ValueTextEquals(name);

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
