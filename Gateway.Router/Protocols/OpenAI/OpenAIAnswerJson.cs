using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Money;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>What the plain and the streamed answers have in common.</summary>
internal static class OpenAIAnswerJson
{
    /// <summary>Non-ASCII stays as it is: answers are read by programs, never put into HTML.</summary>
    public static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private const string ChatPrefix = "chatcmpl-";
    private const string TextPrefix = "cmpl-";

    /// <summary>The upstream's id where it looks like one of OpenAI, else one of the request's own.</summary>
    public static string IdFor(string upstreamId, AnswerContext context, bool isText)
    {
        var prefix = isText ? TextPrefix : ChatPrefix;
        return upstreamId.Length > prefix.Length && upstreamId.StartsWith(prefix, StringComparison.Ordinal) ? upstreamId : prefix + context.RequestId.ToString("N");
    }

    /// <summary>Writes a usage object with its details, zeros included: official clients read them without a check.</summary>
    public static void WriteUsage(Utf8JsonWriter json, in TokenUsage usage)
    {
        json.WriteStartObject();
        json.WriteNumber("prompt_tokens"u8, usage.Input);
        json.WriteNumber("completion_tokens"u8, usage.Output);
        json.WriteNumber("total_tokens"u8, usage.Input + usage.Output);
        json.WriteStartObject("prompt_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, usage.CachedInput);
        json.WriteNumber("audio_tokens"u8, 0);
        if (usage.CacheWrite > 0)
        {
            json.WriteNumber("cache_write_tokens"u8, usage.CacheWrite);
        }

        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, usage.Reasoning);
        json.WriteNumber("audio_tokens"u8, 0);
        json.WriteNumber("accepted_prediction_tokens"u8, 0);
        json.WriteNumber("rejected_prediction_tokens"u8, 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>One piece of reasoning, in the form in which it is understood when it comes back. Pieces of one number are one block.</summary>
    /// <param name="signature">Empty for none.</param>
    public static void WriteDetail(Utf8JsonWriter json, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature, int index)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "reasoning.text"u8);
        json.WriteString("text"u8, text);
        if (!signature.IsEmpty)
        {
            json.WriteString("signature"u8, signature);
        }

        json.WriteString("format"u8, "unknown"u8);
        json.WriteNumber("index"u8, index);
        json.WriteEndObject();
    }

    /// <summary>Reasoning that only its provider can read.</summary>
    public static void WriteEncrypted(Utf8JsonWriter json, ReadOnlySpan<byte> data, int index)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "reasoning.encrypted"u8);
        json.WriteString("data"u8, data);
        json.WriteString("format"u8, "unknown"u8);
        json.WriteNumber("index"u8, index);
        json.WriteEndObject();
    }
}
