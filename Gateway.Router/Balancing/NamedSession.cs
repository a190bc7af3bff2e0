using System.Text.Json;
using Gateway.Core.Requests;

namespace Gateway.Router.Balancing;

/// <summary>The names that OpenAI's bodies have for a talk.</summary>
internal static class NamedSession
{
    /// <param name="name">The name as it is written; the same talk writes it the same way.</param>
    public static bool TryRead(ReadOnlySpan<byte> body, LlmOperation operation, out ReadOnlySpan<byte> name)
    {
        name = default;
        var mayHaveKey = operation is LlmOperation.ChatCompletions or LlmOperation.Completions or LlmOperation.Responses;
        return (mayHaveKey && TryFind(body, "\"prompt_cache_key\""u8, out name)) || (operation == LlmOperation.Responses && TryFind(body, "\"conversation\""u8, out name));
    }

    /// <summary>A member of the body: a string, or an object with a string <c>id</c>.</summary>
    private static bool TryFind(ReadOnlySpan<byte> body, ReadOnlySpan<byte> quoted, out ReadOnlySpan<byte> value)
    {
        value = default;

        // A search for bytes is far quicker than a reading of the JSON, and mostly all there is to do.
        if (body.IndexOf(quoted) < 0)
        {
            return false;
        }

        var reader = PromptStart.ReaderOf(body);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(quoted[1..^1]);
            reader.Read();
            if (found)
            {
                return TryReadName(ref reader, out value);
            }

            reader.Skip();
        }

        return false;
    }

    private static bool TryReadName(scoped ref Utf8JsonReader reader, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isId = reader.ValueTextEquals("id"u8);
                reader.Read();
                if (isId)
                {
                    break;
                }

                reader.Skip();
            }
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            return false;
        }

        value = reader.ValueSpan;
        return value.Length > 0;
    }
}
