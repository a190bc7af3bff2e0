using System.Buffers;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Writes a plain answer of chat or generate.</summary>
internal static class OllamaAnswerWriter
{
    public static void Write(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        var isGenerate = OllamaLines.IsGenerate(context);
        using var json = OllamaLines.Writer(output);
        json.WriteStartObject();
        json.WriteString("model"u8, context.Model);
        json.WriteString("created_at"u8, OllamaLines.Time(context.Created));
        if (!isGenerate)
        {
            json.WriteStartObject("message"u8);
            json.WriteString("role"u8, "assistant"u8);
        }

        json.WriteString(isGenerate ? "response"u8 : "content"u8, Join<TextBlock, RefusalBlock>(answer));
        var thinking = Join<ReasoningBlock, ReasoningBlock>(answer);
        if (!thinking.IsEmpty)
        {
            json.WriteString("thinking"u8, thinking);
        }

        WriteCalls(answer, context, json);
        if (!isGenerate)
        {
            json.WriteEndObject();
        }

        OllamaLines.WriteEnd(json, context, answer.Reason, answer.Usage);
        json.WriteEndObject();
    }

    private static void WriteCalls(NeutralAnswer answer, AnswerContext context, Utf8JsonWriter json)
    {
        if (!answer.HasCalls)
        {
            return;
        }

        json.WriteStartArray("tool_calls"u8);
        var index = 0;
        foreach (var block in answer.Blocks)
        {
            if (block is ToolCallBlock call)
            {
                OllamaLines.WriteCall(json, index++, call.Id, call.Name, call.Utf8, context.Notes);
                if (call.Signature is not null)
                {
                    context.Notes.DropFromAnswer("thought_signature");
                }
            }
        }

        json.WriteEndArray();
    }

    /// <summary>All blocks of two kinds as one text; one block, as nearly always, is not copied.</summary>
    private static ReadOnlySpan<byte> Join<TOne, TOther>(NeutralAnswer answer) where TOne : AnswerBlock where TOther : AnswerBlock
    {
        AnswerBlock? only = null;
        List<byte>? all = null;
        foreach (var block in answer.Blocks)
        {
            if (block is not (TOne or TOther))
            {
                continue;
            }

            if (only is null)
            {
                only = block;
                continue;
            }

            all ??= [.. only.Utf8];
            all.AddRange(block.Utf8);
        }

        return all is null ? (only is null ? default : only.Utf8) : all.ToArray();
    }
}
