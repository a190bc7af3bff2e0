using System.Text.Json;

namespace Gateway.Simulator.Protocols.OpenAI.Media;

/// <summary>The usage object of images and audio.</summary>
internal static class MediaUsage
{
    /// <param name="json">Stands in the object that gets it.</param>
    /// <param name="details">Name of the object that splits the input.</param>
    /// <param name="kind">What all of the input is.</param>
    /// <param name="input">Tokens.</param>
    /// <param name="output">Tokens.</param>
    /// <param name="type">The word for what is counted, where the endpoint says it.</param>
    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> details, ReadOnlySpan<byte> kind, int input, int output, string? type = null)
    {
        json.WriteStartObject("usage"u8);
        if (type is not null)
        {
            json.WriteString("type"u8, type);
        }

        json.WriteNumber("input_tokens"u8, input);
        json.WriteStartObject(details);
        json.WriteNumber(kind, input);
        json.WriteEndObject();
        json.WriteNumber("output_tokens"u8, output);
        json.WriteNumber("total_tokens"u8, input + output);
        json.WriteEndObject();
    }
}
