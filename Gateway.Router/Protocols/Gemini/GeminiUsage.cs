using System.Text.Json;
using Gateway.Core.Money;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>
/// <c>usageMetadata</c> in neutral counts. Gemini counts thoughts beside the answer, and what its tools read beside the prompt; cached
/// tokens are inside the prompt (protocols.md 4.2).
/// </summary>
internal static class GeminiUsage
{
    /// <param name="reader">At the start of the object; left at its end.</param>
    /// <param name="tier">Tier of service that it names.</param>
    /// <returns>Null when the object holds no count: the first chunks of some streams name only the kind of traffic.</returns>
    public static TokenUsage? Read(ref Utf8JsonReader reader, out ServiceTier tier)
    {
        tier = ServiceTier.Unsaid;
        long audioIn = 0, audioOut = 0;
        long prompt = 0, tools = 0, cached = 0, candidates = 0, thoughts = 0, total = 0;
        var any = false;
        var isObject = reader.TokenType == JsonTokenType.StartObject;
        if (!isObject)
        {
            reader.Skip();
            return null;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("promptTokenCount"u8))
            {
                any |= TryCount(ref reader, ref prompt);
            }
            else if (reader.ValueTextEquals("toolUsePromptTokenCount"u8))
            {
                any |= TryCount(ref reader, ref tools);
            }
            else if (reader.ValueTextEquals("cachedContentTokenCount"u8))
            {
                any |= TryCount(ref reader, ref cached);
            }
            else if (reader.ValueTextEquals("candidatesTokenCount"u8))
            {
                any |= TryCount(ref reader, ref candidates);
            }
            else if (reader.ValueTextEquals("thoughtsTokenCount"u8))
            {
                any |= TryCount(ref reader, ref thoughts);
            }
            else if (reader.ValueTextEquals("totalTokenCount"u8))
            {
                any |= TryCount(ref reader, ref total);
            }
            else if (reader.ValueTextEquals("promptTokensDetails"u8))
            {
                ReadSound(ref reader, ref audioIn);
            }
            else if (reader.ValueTextEquals("candidatesTokensDetails"u8))
            {
                ReadSound(ref reader, ref audioOut);
            }
            else if (reader.ValueTextEquals("serviceTier"u8) || reader.ValueTextEquals("trafficType"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.String && !reader.HasValueSequence && ServiceTiers.Read(reader.ValueSpan) is var said and not ServiceTier.Unsaid)
                {
                    tier = said;
                }

                reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return any ? new TokenUsage(prompt + tools, Math.Min(cached, prompt + tools), 0, candidates + thoughts, thoughts)
        {
            AudioInput = Math.Min(audioIn, prompt),
            AudioOutput = Math.Min(audioOut, candidates),
        } : null;
    }

    /// <summary>Of <c>[{ "modality": "AUDIO", "tokenCount": 1 }]</c> what is sound.</summary>
    private static void ReadSound(ref Utf8JsonReader reader, ref long sound)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            long count = 0;
            var isSound = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("tokenCount"u8))
                {
                    TryCount(ref reader, ref count);
                }
                else
                {
                    var isModality = reader.ValueTextEquals("modality"u8);
                    reader.Read();
                    isSound |= isModality && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("AUDIO"u8);
                    reader.Skip();
                }
            }

            sound = isSound ? count : sound;
        }
    }

    private static bool TryCount(ref Utf8JsonReader reader, ref long count)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value >= 0)
        {
            // So that sums of several wild numbers cannot wrap around.
            count = Math.Min(value, TokenUsage.Most);
            return true;
        }

        reader.Skip();
        return false;
    }
}
