using System.Text.Json;

namespace Gateway.Core.Requests;

/// <summary>The names that decide something, in the words of every protocol.</summary>
internal ref partial struct NeedsScan
{
    private enum Place : byte
    {
        Other,

        /// <summary>Non-empty: the request has tools.</summary>
        Tools,

        /// <summary>Messages, input items, contents: what holds content.</summary>
        Content,

        /// <summary>A list of pictures (Ollama).</summary>
        Images,

        /// <summary>An object whose <c>type</c> may be <c>json_schema</c>.</summary>
        Format,

        /// <summary>An object with such an object in it.</summary>
        FormatHolder,

        /// <summary>An object, or a word, that asks for reasoning.</summary>
        Reasoning,

        /// <summary>Gemini's options.</summary>
        GenerationConfig,

        /// <summary>The schema itself. Ollama has it where the word "json" may stand.</summary>
        Schema,
    }

    private static Place TopOf(ref Utf8JsonReader reader) => reader.ValueSpan.Length switch
    {
        4 when reader.ValueTextEquals("text"u8) => Place.FormatHolder,
        5 when reader.ValueTextEquals("tools"u8) => Place.Tools,
        5 when reader.ValueTextEquals("input"u8) => Place.Content,
        5 when reader.ValueTextEquals("think"u8) => Place.Reasoning,
        6 when reader.ValueTextEquals("images"u8) => Place.Images,
        6 when reader.ValueTextEquals("format"u8) => Place.Schema,
        8 when reader.ValueTextEquals("messages"u8) || reader.ValueTextEquals("contents"u8) => Place.Content,
        8 when reader.ValueTextEquals("thinking"u8) => Place.Reasoning,
        9 when reader.ValueTextEquals("functions"u8) => Place.Tools,
        9 when reader.ValueTextEquals("reasoning"u8) => Place.Reasoning,
        13 when reader.ValueTextEquals("output_format"u8) => Place.Format,
        13 when reader.ValueTextEquals("output_config"u8) => Place.FormatHolder,
        15 when reader.ValueTextEquals("response_format"u8) => Place.Format,
        16 when reader.ValueTextEquals("reasoning_effort"u8) => Place.Reasoning,
        16 when reader.ValueTextEquals("generationConfig"u8) => Place.GenerationConfig,
        17 when reader.ValueTextEquals("generation_config"u8) => Place.GenerationConfig,
        _ => Place.Other,
    };

    private static Place OptionOf(ref Utf8JsonReader reader) => reader.ValueSpan.Length switch
    {
        14 when reader.ValueTextEquals("responseSchema"u8) || reader.ValueTextEquals("thinkingConfig"u8) =>
            reader.ValueSpan[0] == (byte)'r' ? Place.Schema : Place.Reasoning,
        15 when reader.ValueTextEquals("response_schema"u8) || reader.ValueTextEquals("thinking_config"u8) =>
            reader.ValueSpan[0] == (byte)'r' ? Place.Schema : Place.Reasoning,
        18 when reader.ValueTextEquals("responseJsonSchema"u8) => Place.Schema,
        20 when reader.ValueTextEquals("response_json_schema"u8) => Place.Schema,
        _ => Place.Other,
    };
}
