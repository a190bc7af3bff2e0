using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Decodes one whole message.</summary>
internal static class PlainMessage
{
    /// <exception cref="InvalidDataException">The document is no message.</exception>
    public static EventKind Decode(ReadOnlySpan<byte> document, IAnswerSink sink, BlockDecoder blocks, JsonStrings text, Translation? translation)
    {
        ReadOnlySpan<byte> id = default, model = default, content = default, usage = default, type = default;
        var hasError = false;
        var members = new JsonMembers(document);
        while (members.Next())
        {
            if (members.Is("id"u8))
            {
                id = members.Value();
            }
            else if (members.Is("model"u8))
            {
                model = members.Value();
            }
            else if (members.Is("content"u8))
            {
                content = members.Value();
            }
            else if (members.Is("usage"u8))
            {
                usage = members.Value();
            }
            else if (members.Is("type"u8))
            {
                type = members.Value();
            }
            else if (members.Is("error"u8))
            {
                hasError = members.Value() is not [(byte)'n', ..];
            }
        }

        if (hasError || type.SequenceEqual("\"error\""u8))
        {
            return EventKind.Error;
        }

        if (!content.StartsWith("["u8))
        {
            throw new InvalidDataException("The answer is no message: it has no content.");
        }

        var key = text.Of(id).ToArray();
        sink.Start(key, text.Of(model));
        DecodeBlocks(content, blocks, sink);
        var counts = default(AnthropicUsage);
        if (counts.Merge(usage))
        {
            sink.Tier(counts.Tier);
            sink.Usage(counts.ToNeutral());
        }

        if (!Ending.Tell(document, blocks, translation, text, sink))
        {
            sink.Finish(StopReasons.ByContent(blocks.HasCalls), default);
        }

        return EventKind.Done;
    }

    private static void DecodeBlocks(ReadOnlySpan<byte> content, BlockDecoder blocks, IAnswerSink sink)
    {
        var reader = new Utf8JsonReader(content);
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            blocks.Whole(content[start..(int)reader.BytesConsumed], sink);
        }
    }
}

/// <summary>The answer of a token count: <c>{"input_tokens":N}</c>.</summary>
internal static class TokenCount
{
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static long Read(ReadOnlySpan<byte> document)
    {
        try
        {
            var members = new JsonMembers(document);
            while (members.Next())
            {
                if (members.Is("input_tokens"u8) && JsonStrings.CountOf(members.Value()) is { } count)
                {
                    return count;
                }
            }
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException("The answer is no JSON document.", exception);
        }

        throw new InvalidDataException("The answer is no token count.");
    }

    /// <returns>Whether it is a count or an error; counts are not charged, so nothing is told of them.</returns>
    /// <exception cref="InvalidDataException">It is neither.</exception>
    public static EventKind Check(ReadOnlySpan<byte> document)
    {
        var members = new JsonMembers(document);
        while (members.Next())
        {
            if (members.Is("error"u8) && members.Value() is not [(byte)'n', ..])
            {
                return EventKind.Error;
            }
        }

        _ = Read(document);
        return EventKind.Done;
    }
}
