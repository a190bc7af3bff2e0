using System.Text.Json;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Reads which choices of a chunk have ended. Only for streams with several: one choice needs no number.</summary>
internal static class OpenAIChoices
{
    /// <summary>Adds the index of each choice that has a finish reason; a choice without an index counts by its place.</summary>
    public static void AddFinished(ReadOnlySpan<byte> chunk, HashSet<int> finished)
    {
        try
        {
            var reader = new Utf8JsonReader(chunk);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isChoices = reader.ValueTextEquals("choices"u8);
                reader.Read();
                if (isChoices && reader.TokenType == JsonTokenType.StartArray)
                {
                    ReadChoices(ref reader, finished);
                }
                else
                {
                    reader.Skip();
                }
            }
        }
        catch (JsonException)
        {
            // Not JSON: says nothing.
        }
    }

    private static void ReadChoices(ref Utf8JsonReader reader, HashSet<int> finished)
    {
        for (var place = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; place++)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            if (IsFinished(ref reader, out var index))
            {
                finished.Add(index ?? place);
            }
        }
    }

    private static bool IsFinished(ref Utf8JsonReader reader, out int? index)
    {
        index = null;
        var isFinished = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIndex = reader.ValueTextEquals("index"u8);
            var isReason = reader.ValueTextEquals("finish_reason"u8);
            reader.Read();
            if (isIndex && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number))
            {
                index = number;
            }
            else if (isReason && reader.TokenType == JsonTokenType.String)
            {
                isFinished = !reader.ValueTextEquals(""u8);
            }
            else
            {
                reader.Skip();
            }
        }

        return isFinished;
    }
}
