using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Router.Protocols.Responses;

/// <summary>
/// The members of a response that repeat its request. Official clients read several of them unchecked, so all are always there; they are
/// written once per request, since a stream shows them three times.
/// </summary>
internal static class ResponsesEcho
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Name and default of each member, in the order in which OpenAI writes them.</summary>
    private static readonly (string Name, byte[] Default)[] Members =
    [
        Member("instructions", "null"),
        Member("max_output_tokens", "null"),
        Member("max_tool_calls", "null"),
        Member("parallel_tool_calls", "true"),
        Member("previous_response_id", "null"),
        Member("prompt_cache_key", "null"),
        Member("safety_identifier", "null"),
        Member("service_tier", "\"auto\""),
        Member("store", "false"),
        Member("temperature", "1.0"),
        Member("tool_choice", "\"auto\""),
        Member("tools", "[]"),
        Member("top_logprobs", "0"),
        Member("top_p", "1.0"),
        Member("truncation", "\"disabled\""),
        Member("user", "null"),
        Member("metadata", "{}"),
    ];

    /// <param name="isStored">What becomes of the answer, whatever the client wished.</param>
    public static byte[] Of(JsonElement body, bool isStored)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(output, Plain);
        json.WriteStartObject();
        foreach (var (name, fallback) in Members)
        {
            json.WritePropertyName(name);
            if (name == "store")
            {
                json.WriteBooleanValue(isStored);
            }
            else if (ResponsesFields.TryGet(body, name, out var value))
            {
                value.WriteTo(json);
            }
            else
            {
                json.WriteRawValue(fallback, skipInputValidation: true);
            }
        }

        WriteReasoning(body, json);
        WriteText(body, json);
        json.WriteEndObject();
        json.Flush();

        // Without its braces, and with a comma instead of the last one.
        var members = output.WrittenSpan[1..].ToArray();
        members[^1] = (byte)',';
        return members;
    }

    private static void WriteReasoning(JsonElement body, Utf8JsonWriter json)
    {
        var reasoning = body.TryGetProperty("reasoning", out var value) && value.ValueKind == JsonValueKind.Object ? value : default;
        json.WriteStartObject("reasoning"u8);
        foreach (var name in (ReadOnlySpan<string>)["effort", "summary"])
        {
            json.WritePropertyName(name);
            if (reasoning.ValueKind == JsonValueKind.Object && reasoning.TryGetProperty(name, out var member))
            {
                member.WriteTo(json);
            }
            else
            {
                json.WriteNullValue();
            }
        }

        json.WriteEndObject();
    }

    private static void WriteText(JsonElement body, Utf8JsonWriter json)
    {
        var text = body.TryGetProperty("text", out var value) && value.ValueKind == JsonValueKind.Object ? value : default;
        json.WriteStartObject("text"u8);
        json.WritePropertyName("format"u8);
        if (text.ValueKind == JsonValueKind.Object && ResponsesFields.TryGet(text, "format", out var format))
        {
            format.WriteTo(json);
        }
        else
        {
            json.WriteRawValue("""{"type":"text"}"""u8, skipInputValidation: true);
        }

        json.WritePropertyName("verbosity"u8);
        if (text.ValueKind == JsonValueKind.Object && ResponsesFields.TryGet(text, "verbosity", out var verbosity))
        {
            verbosity.WriteTo(json);
        }
        else
        {
            json.WriteStringValue("medium"u8);
        }

        json.WriteEndObject();
    }

    private static (string Name, byte[] Default) Member(string name, string fallback) => (name, Encoding.UTF8.GetBytes(fallback));
}
