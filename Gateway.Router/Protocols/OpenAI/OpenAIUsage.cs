using System.Text.Json;
using Gateway.Core.Money;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Reads a <c>usage</c> object of any server that speaks OpenAI's protocol into neutral counts.</summary>
internal static class OpenAIUsage
{
    /// <summary>More tokens than any answer has: a wild number must not overflow a cost.</summary>
    private const long MaxTokens = 1_000_000_000;

    /// <returns>False when the bytes are no object with at least one count.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, out TokenUsage usage)
    {
        var counts = default(Counts);
        usage = default;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            ReadObject(ref reader, ref counts, Section.Usage);
        }
        catch (JsonException)
        {
            return false;
        }

        usage = counts.ToUsage();
        return counts.Any;
    }

    private enum Section
    {
        Usage,
        Prompt,
        Completion,
        Other,
    }

    private static void ReadObject(ref Utf8JsonReader reader, ref Counts counts, Section section)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = Name(ref reader, section);
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject && section == Section.Usage && field is Field.PromptDetails or Field.CompletionDetails)
            {
                ReadObject(ref reader, ref counts, field == Field.PromptDetails ? Section.Prompt : Section.Completion);
            }
            else if (reader.TokenType == JsonTokenType.Number)
            {
                counts.Set(field, Number(ref reader));
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static long Number(ref Utf8JsonReader reader)
    {
        // Some servers write 12.0.
        var value = reader.TryGetInt64(out var whole) ? whole : reader.TryGetDouble(out var number) ? (long)Math.Min(number, MaxTokens) : 0;
        return Math.Clamp(value, 0, MaxTokens);
    }

    private static Field Name(ref Utf8JsonReader reader, Section section) => section switch
    {
        Section.Usage when reader.ValueTextEquals("prompt_tokens"u8) => Field.Input,
        Section.Usage when reader.ValueTextEquals("completion_tokens"u8) => Field.Output,
        Section.Usage when reader.ValueTextEquals("total_tokens"u8) => Field.Total,
        Section.Usage when reader.ValueTextEquals("prompt_tokens_details"u8) => Field.PromptDetails,
        Section.Usage when reader.ValueTextEquals("completion_tokens_details"u8) => Field.CompletionDetails,
        Section.Usage when reader.ValueTextEquals("prompt_cache_hit_tokens"u8) => Field.CachedElsewhere,    // DeepSeek
        Section.Usage when reader.ValueTextEquals("num_cached_tokens"u8) => Field.CachedElsewhere,    // Mistral
        Section.Usage when reader.ValueTextEquals("cached_tokens"u8) => Field.CachedElsewhere,    // Moonshot
        Section.Usage or Section.Prompt when reader.ValueTextEquals("cache_write_tokens"u8) => Field.CacheWrite,
        Section.Usage when reader.ValueTextEquals("cache_read_input_tokens"u8) => Field.CachedElsewhere,    // LiteLLM, in Anthropic's words
        Section.Usage when reader.ValueTextEquals("cache_creation_input_tokens"u8) => Field.CacheWrite,
        Section.Usage when reader.ValueTextEquals("reasoning_tokens"u8) => Field.ReasoningElsewhere,
        Section.Prompt when reader.ValueTextEquals("cached_tokens"u8) => Field.Cached,
        Section.Completion when reader.ValueTextEquals("reasoning_tokens"u8) => Field.Reasoning,
        Section.Prompt when reader.ValueTextEquals("audio_tokens"u8) => Field.AudioInput,
        Section.Completion when reader.ValueTextEquals("audio_tokens"u8) => Field.AudioOutput,
        _ => Field.None,
    };

    private enum Field
    {
        None,
        Input,
        Output,
        Total,
        Cached,
        CachedElsewhere,
        CacheWrite,
        Reasoning,
        ReasoningElsewhere,
        AudioInput,
        AudioOutput,
        PromptDetails,
        CompletionDetails,
    }

    private struct Counts
    {
        private long _input;
        private long _output;
        private long _total;
        private long _cached;
        private long _cachedElsewhere;
        private long _cacheWrite;
        private long _reasoning;
        private long _reasoningElsewhere;
        private long _audioInput;
        private long _audioOutput;

        public bool Any { get; private set; }

        public void Set(Field field, long value)
        {
            switch (field)
            {
                case Field.Input: _input = value; Any = true; break;
                case Field.Output: _output = value; Any = true; break;
                case Field.Total: _total = value; Any = true; break;
                case Field.Cached: _cached = value; break;
                case Field.CachedElsewhere: _cachedElsewhere = value; break;
                case Field.CacheWrite: _cacheWrite = value; break;
                case Field.Reasoning: _reasoning = value; break;
                case Field.ReasoningElsewhere: _reasoningElsewhere = value; break;
                case Field.AudioInput: _audioInput = value; break;
                case Field.AudioOutput: _audioOutput = value; break;
                default: break;
            }
        }

        public readonly TokenUsage ToUsage()
        {
            var reasoning = Math.Max(_reasoning, _reasoningElsewhere);

            // xAI leaves reasoning out of completion_tokens; its total tells.
            var outside = reasoning > 0 && _total - _input - _output == reasoning;
            var output = outside ? _output + reasoning : _output;

            // Parts are never more than what they are parts of, whatever a server says.
            var cached = Math.Min(_input, Math.Max(_cached, _cachedElsewhere));
            return new TokenUsage(_input, cached, Math.Min(_input - cached, _cacheWrite), output, Math.Min(output, reasoning))
            {
                AudioInput = Math.Min(_input, _audioInput),
                AudioOutput = Math.Min(output, _audioOutput),
            };
        }
    }
}
