using System.Text.Json;
using Gateway.Core.Money;

namespace Gateway.Router.Protocols.OpenAI.PassThrough;

/// <summary>
/// Reads the <c>usage</c> of images, audio and reranking: <c>input_tokens</c> and <c>output_tokens</c>, only a total, or another unit than
/// tokens. Chat's reader is not used: there <c>input_tokens</c> is Anthropic's word, with another meaning.
/// </summary>
internal static class PassedUsage
{
    /// <returns>False when the bytes are no object that says how much there was.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, out TokenUsage usage)
    {
        usage = default;
        try
        {
            var reader = new Utf8JsonReader(json);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject && TryReadObject(ref reader, out usage);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool TryReadObject(ref Utf8JsonReader reader, out TokenUsage usage)
    {
        long input = -1, output = -1, total = -1, cached = 0, audioInput = 0, audioOutput = 0;
        var isTime = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("input_tokens"u8) || reader.ValueTextEquals("prompt_tokens"u8))
            {
                ReadCount(ref reader, ref input);
            }
            else if (reader.ValueTextEquals("output_tokens"u8) || reader.ValueTextEquals("completion_tokens"u8))
            {
                ReadCount(ref reader, ref output);
            }
            else if (reader.ValueTextEquals("total_tokens"u8))
            {
                ReadCount(ref reader, ref total);
            }
            else if (reader.ValueTextEquals("input_tokens_details"u8) || reader.ValueTextEquals("input_token_details"u8))
            {
                ReadDetails(ref reader, ref cached, ref audioInput);
            }
            else if (reader.ValueTextEquals("output_tokens_details"u8) || reader.ValueTextEquals("output_token_details"u8))
            {
                var none = 0L;
                ReadDetails(ref reader, ref none, ref audioOutput);
            }
            else if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                isTime = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("duration"u8);
                reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        output = Math.Max(output, 0);
        input = input >= 0 ? input : Math.Max(0, total - output);
        usage = new TokenUsage(input, Math.Min(cached, input), 0, output, 0) { AudioInput = Math.Min(audioInput, input), AudioOutput = Math.Min(audioOutput, output) };

        // Charged by the second: that is no token, and nothing to estimate.
        return isTime || input > 0 || output > 0 || total >= 0;
    }

    private static void ReadDetails(ref Utf8JsonReader reader, ref long cached, ref long audio)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("cached_tokens"u8))
            {
                ReadCount(ref reader, ref cached);
            }
            else if (reader.ValueTextEquals("audio_tokens"u8))
            {
                ReadCount(ref reader, ref audio);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    private static void ReadCount(ref Utf8JsonReader reader, ref long count)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.Number)
        {
            reader.Skip();
            return;
        }

        // Some servers write 12.0.
        var value = reader.TryGetInt64(out var whole) ? whole : reader.TryGetDouble(out var number) ? (long)Math.Clamp(number, 0, TokenUsage.Most) : 0;
        count = Math.Clamp(value, 0, TokenUsage.Most);
    }
}
