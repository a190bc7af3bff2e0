using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>What all answers to Ollama clients have in common.</summary>
internal static class OllamaLines
{
    private const long NanosecondsPerTick = 100;
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static Utf8JsonWriter Writer(IBufferWriter<byte> output) => new(output, Plain);

    public static long Nanoseconds(TimeSpan time) => time.Ticks * NanosecondsPerTick;

    public static bool IsGenerate(AnswerContext context) => context.Call.Operation == LlmOperation.OllamaGenerate;

    /// <summary>RFC 3339 in UTC, with a fraction.</summary>
    public static byte[] Time(DateTimeOffset time) => Encoding.UTF8.GetBytes(time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture));

    /// <summary>What the last line, or a plain answer, has beyond its text.</summary>
    public static void WriteEnd(Utf8JsonWriter json, AnswerContext context, FinishReason? reason, TokenUsage? usage)
    {
        json.WriteBoolean("done"u8, true);
        json.WriteString("done_reason"u8, reason == FinishReason.Length ? "length"u8 : "stop"u8);
        json.WriteNumber("total_duration"u8, Nanoseconds(context.Elapsed()));
        json.WriteNumber("load_duration"u8, 0);
        if (usage is { } counts)
        {
            json.WriteNumber("prompt_eval_count"u8, counts.Input);
        }

        json.WriteNumber("prompt_eval_duration"u8, 0);
        if (usage is { } all)
        {
            json.WriteNumber("eval_count"u8, all.Output);
        }

        json.WriteNumber("eval_duration"u8, 0);
    }

    /// <summary>One call. Its arguments are an object in this protocol.</summary>
    public static void WriteCall(Utf8JsonWriter json, int index, string id, string name, ReadOnlySpan<byte> arguments, TranslationNotes notes)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteStartObject("function"u8);
        json.WriteNumber("index"u8, index);
        json.WriteString("name"u8, name);
        json.WritePropertyName("arguments"u8);
        if (arguments.Trim(" \t\r\n"u8).IsEmpty)
        {
            json.WriteStartObject();
            json.WriteEndObject();
        }
        else if (ToolJson.IsObject(arguments))
        {
            CompactJson.Write(json, arguments);
        }
        else
        {
            // The model wrote no object. The tool gets to see what it wrote: an empty object would be a call that nobody made.
            notes.DropFromAnswer("tool_calls.function.arguments");
            json.WriteStartObject();
            json.WriteString("arguments"u8, arguments);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
