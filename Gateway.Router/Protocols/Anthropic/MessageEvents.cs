using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Writes the first and the last events of a message, and knows what they need.</summary>
internal sealed class MessageEvents(AnswerContext context, IBufferWriter<byte> output)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private bool _started;
    private long _contentBytes;
    private FinishReason? _reason;
    private byte[] _stopSequence = [];

    public TokenUsage? Usage { get; set; }

    public bool HasCalls { get; set; }

    public bool HasRefused { get; set; }

    public void Start(ReadOnlySpan<byte> id)
    {
        if (_started)
        {
            return;
        }

        _started = true;
        output.Write("event: message_start\ndata: "u8);
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "message_start"u8);
            json.WriteStartObject("message"u8);
            MessageFields.WriteHead(json, context, id);
            json.WriteStartArray("content"u8);
            json.WriteEndArray();
            json.WriteNull("stop_reason"u8);
            json.WriteNull("stop_sequence"u8);

            // The truth is known at the end and said there.
            MessageFields.WriteUsage(json, Usage ?? new TokenUsage(context.EstimatedInput, 0, 0, 1, 0));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        output.Write("\n\n"u8);
    }

    /// <summary>Content is about to be written.</summary>
    public void Content(ReadOnlySpan<byte> content)
    {
        Start(default);
        _contentBytes += content.Length;
    }

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence)
    {
        _reason ??= reason;
        _stopSequence = stopSequence.ToArray();
    }

    public void End()
    {
        output.Write("event: message_delta\ndata: "u8);
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "message_delta"u8);
            json.WriteStartObject("delta"u8);
            MessageFields.WriteStop(json, _reason ?? FinishReason.Stop, _stopSequence, HasCalls, HasRefused);
            json.WriteEndObject();
            MessageFields.WriteUsage(json, Usage ?? MessageFields.Estimate(context, _contentBytes));
            json.WriteEndObject();
        }

        output.Write("\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8);
    }
}

/// <summary>Members of a message that stand in streams and plain answers alike.</summary>
internal static class MessageFields
{
    private const int BytesPerToken = 4;

    /// <param name="id">The upstream's: kept where it is one of Anthropic's.</param>
    public static void WriteHead(Utf8JsonWriter json, AnswerContext context, ReadOnlySpan<byte> id)
    {
        if (id.StartsWith("msg_"u8))
        {
            json.WriteString("id"u8, id);
        }
        else
        {
            json.WriteString("id"u8, $"msg_{context.RequestId:N}");
        }

        json.WriteString("type"u8, "message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("model"u8, context.Model);
    }

    public static void WriteStop(Utf8JsonWriter json, FinishReason reason, ReadOnlySpan<byte> stopSequence, bool hasCalls, bool hasRefused)
    {
        json.WriteString("stop_reason"u8, StopReasons.Write(reason, hasCalls, hasRefused));

        // Official clients read it unchecked: null, never absent.
        if (reason == FinishReason.StopSequence && !stopSequence.IsEmpty)
        {
            json.WriteString("stop_sequence"u8, stopSequence);
        }
        else
        {
            json.WriteNull("stop_sequence"u8);
        }
    }

    /// <summary>Anthropic's input excludes what the cache had or took.</summary>
    public static void WriteUsage(Utf8JsonWriter json, in TokenUsage usage)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, Math.Max(0, usage.Input - usage.CachedInput - usage.CacheWrite));
        json.WriteNumber("cache_creation_input_tokens"u8, usage.CacheWrite);
        json.WriteNumber("cache_read_input_tokens"u8, usage.CachedInput);
        json.WriteNumber("output_tokens"u8, usage.Output);
        if (usage.Reasoning > 0)
        {
            json.WriteStartObject("output_tokens_details"u8);
            json.WriteNumber("thinking_tokens"u8, usage.Reasoning);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Counts where the upstream gave none: clients add them up, so they must be there.</summary>
    public static TokenUsage Estimate(AnswerContext context, long contentBytes) =>
        new(context.EstimatedInput, 0, 0, (contentBytes + BytesPerToken - 1) / BytesPerToken, 0);
}
