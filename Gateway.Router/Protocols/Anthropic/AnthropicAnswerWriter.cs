using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Writes a whole message.</summary>
internal static class AnthropicAnswerWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void Write(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        MessageFields.WriteHead(json, context, Encoding.UTF8.GetBytes(answer.Id));
        var hasRefused = false;
        long bytes = 0;
        json.WriteStartArray("content"u8);
        foreach (var block in answer.Blocks)
        {
            WriteBlock(json, block);
            hasRefused |= block is RefusalBlock;
            bytes += block.Utf8.Length;
        }

        json.WriteEndArray();
        var stop = answer.StopSequence is null ? [] : Encoding.UTF8.GetBytes(answer.StopSequence);
        MessageFields.WriteStop(json, answer.Reason ?? StopReasons.ByContent(answer.HasCalls), stop, answer.HasCalls, hasRefused);
        MessageFields.WriteUsage(json, answer.Usage ?? MessageFields.Estimate(context, bytes));
        json.WriteEndObject();
    }

    private static void WriteBlock(Utf8JsonWriter json, AnswerBlock block)
    {
        switch (block)
        {
            case TextBlock or RefusalBlock when block.Utf8.IsEmpty:
                break;
            case TextBlock or RefusalBlock:
                json.WriteStartObject();
                json.WriteString("type"u8, "text"u8);
                json.WriteString("text"u8, block.Utf8);
                json.WriteEndObject();
                break;
            case ReasoningBlock { Redacted: { } data }:
                json.WriteStartObject();
                json.WriteString("type"u8, "redacted_thinking"u8);
                json.WriteString("data"u8, data);
                json.WriteEndObject();
                break;
            case ReasoningBlock reasoning:
                WriteThinking(json, reasoning.Utf8, reasoning.Signature ?? "");
                break;
            case ToolCallBlock call:
                WriteCall(json, call);
                break;
            default:
                throw new InvalidOperationException($"No content block for {block.GetType().Name}.");
        }
    }

    private static void WriteThinking(Utf8JsonWriter json, ReadOnlySpan<byte> text, string signature)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "thinking"u8);
        json.WriteString("thinking"u8, text);
        json.WriteString("signature"u8, signature);
        json.WriteEndObject();
    }

    private static void WriteCall(Utf8JsonWriter json, ToolCallBlock call)
    {
        if (call.Signature is { Length: > 0 } signature)
        {
            WriteThinking(json, default, CallSignatures.Pack(call.Id, signature));
        }

        json.WriteStartObject();
        json.WriteString("type"u8, "tool_use"u8);
        json.WriteString("id"u8, call.Id);
        json.WriteString("name"u8, call.Name);
        json.WritePropertyName("input"u8);
        var arguments = call.Utf8.Trim(" \t\r\n"u8);
        if (arguments.IsEmpty)
        {
            json.WriteRawValue("{}"u8, skipInputValidation: true);
        }
        else if (ToolJson.IsObject(arguments))
        {
            json.WriteRawValue(arguments, skipInputValidation: true);
        }
        else
        {
            // What the model wrote is no object (its answer may have been cut): told under the name that Anthropic itself proposes.
            json.WriteStartObject();
            json.WriteString("INVALID_JSON"u8, call.Utf8);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
