using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Writes <c>GenerateContentResponse</c>s: whole answers, and the pieces of streams, which have the same shape. Not thread-safe.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The writer holds no buffer of its own: what it writes lies in the output at once.")]
internal sealed class GeminiChunk
{
    public static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly IBufferWriter<byte> _output;
    private readonly Utf8JsonWriter _json;
    private readonly byte[] _identity;
    private bool _hasPart;

    public GeminiChunk(AnswerContext context, IBufferWriter<byte> output)
    {
        _output = output;
        _json = new Utf8JsonWriter(output, Plain);

        // Gemini's ids are random bytes in this alphabet; ours can be found in the gateway's records.
        Span<byte> id = stackalloc byte[16];
        context.RequestId.TryWriteBytes(id);
        _identity = Encoding.UTF8.GetBytes($",\"modelVersion\":\"{JsonEncodedText.Encode(context.Model, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\",\"responseId\":\"{Base64Url.EncodeToString(id)}\"}}");
    }

    public void Begin()
    {
        _output.Write("""{"candidates":[{"content":{"parts":["""u8);
        _hasPart = false;
    }

    public void Text(ReadOnlySpan<byte> text, bool isThought = false, string? signature = null)
    {
        BeginPart();
        _output.Write("{\"text\":"u8);
        _json.Reset(_output);
        _json.WriteStringValue(text);
        _json.Flush();
        if (isThought)
        {
            _output.Write(",\"thought\":true"u8);
        }

        EndPart(signature);
    }

    /// <param name="arguments">An object's JSON text.</param>
    public void Call(string id, string name, ReadOnlySpan<byte> arguments, string? signature)
    {
        BeginPart();
        _output.Write("{\"functionCall\":"u8);
        _json.Reset(_output);
        _json.WriteStartObject();
        _json.WriteString("id"u8, id);
        _json.WriteString("name"u8, name);
        _json.WritePropertyName("args"u8);
        _json.WriteRawValue(arguments, skipInputValidation: true);
        _json.WriteEndObject();
        _json.Flush();
        EndPart(signature);
    }

    /// <param name="reason">Empty while the answer goes on.</param>
    public void End(ReadOnlySpan<byte> reason = default, TokenUsage? usage = null)
    {
        _output.Write("],\"role\":\"model\"}"u8);
        if (!reason.IsEmpty)
        {
            _output.Write(",\"finishReason\":\""u8);
            _output.Write(reason);
            _output.Write("\""u8);
        }

        _output.Write(",\"index\":0}]"u8);
        if (usage is { } counts)
        {
            WriteUsage(in counts);
        }

        _output.Write(_identity);
    }

    /// <summary>What a call's arguments are as an object; null for text that is none, which no client of this protocol could read.</summary>
    public static byte[]? Arguments(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
        {
            return "{}"u8.ToArray();
        }

        var arguments = CanonicalJson.Of(json);
        return arguments is [(byte)'{', ..] ? arguments : null;
    }

    /// <summary>The word for how an answer ended.</summary>
    public static ReadOnlySpan<byte> Reason(FinishReason? reason, bool wasRefused, bool hasBrokenCall) =>
        hasBrokenCall ? "MALFORMED_FUNCTION_CALL"u8 : wasRefused && reason is (null or FinishReason.Stop) ? "SAFETY"u8 : GeminiFinish.Write(reason ?? FinishReason.Stop);

    private void WriteUsage(in TokenUsage usage)
    {
        _output.Write(",\"usageMetadata\":"u8);
        _json.Reset(_output);
        _json.WriteStartObject();
        _json.WriteNumber("promptTokenCount"u8, usage.Input);
        _json.WriteNumber("candidatesTokenCount"u8, Math.Max(0, usage.Output - usage.Reasoning));
        _json.WriteNumber("totalTokenCount"u8, usage.Input + usage.Output);
        if (usage.CachedInput > 0)
        {
            _json.WriteNumber("cachedContentTokenCount"u8, usage.CachedInput);
        }

        if (usage.Reasoning > 0)
        {
            _json.WriteNumber("thoughtsTokenCount"u8, usage.Reasoning);
        }

        _json.WriteEndObject();
        _json.Flush();
    }

    private void BeginPart()
    {
        if (_hasPart)
        {
            _output.Write(","u8);
        }

        _hasPart = true;
    }

    private void EndPart(string? signature)
    {
        if (signature is not null)
        {
            _output.Write(",\"thoughtSignature\":"u8);
            _json.Reset(_output);
            _json.WriteStringValue(signature);
            _json.Flush();
        }

        _output.Write("}"u8);
    }
}
