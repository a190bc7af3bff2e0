using System.Text.Json;
using Gateway.Core.Money;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>Reads <c>usage</c>. Its counts exclude each other, as Anthropic's do: cached tokens are no part of <c>inputTokens</c>.</summary>
internal static class BedrockUsage
{
    /// <param name="reader">Stands on the value; steps over it.</param>
    /// <returns>Null when it is no object.</returns>
    public static TokenUsage? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        long input = 0, output = 0, read = 0, written = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("inputTokens"u8))
            {
                input = Math.Max(JsonPiece.TakeCount(ref reader), 0);
            }
            else if (reader.ValueTextEquals("outputTokens"u8))
            {
                output = Math.Max(JsonPiece.TakeCount(ref reader), 0);
            }
            else if (reader.ValueTextEquals("cacheReadInputTokens"u8))
            {
                read = Math.Max(JsonPiece.TakeCount(ref reader), 0);
            }
            else if (reader.ValueTextEquals("cacheWriteInputTokens"u8))
            {
                written = Math.Max(JsonPiece.TakeCount(ref reader), 0);
            }
            else
            {
                reader.Skip();
            }
        }

        // A server's wild number must not wrap around in a sum.
        var all = new TokenUsage(input, read, written, output, 0).Capped();
        return all with { Input = all.Input + all.CachedInput + all.CacheWrite };
    }
}
