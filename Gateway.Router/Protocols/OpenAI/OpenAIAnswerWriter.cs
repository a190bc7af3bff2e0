using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Writes a plain <c>chat.completion</c>.</summary>
internal static class OpenAIAnswerWriter
{
    public static void Write(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        var state = context.ClientState as OpenAIClientState ?? OpenAIClientState.Plain;
        var sorted = Sorted.Of(answer);
        using var json = new Utf8JsonWriter(output, OpenAIAnswerJson.Plain);
        json.WriteStartObject();
        json.WriteString("id"u8, OpenAIAnswerJson.IdFor(answer.Id, context, isText: false));
        json.WriteString("object"u8, "chat.completion"u8);
        json.WriteNumber("created"u8, context.Created.ToUnixTimeSeconds());
        json.WriteString("model"u8, context.Model);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        WriteContent(json, sorted, answer.Reason);
        WriteReasoning(json, answer, sorted);
        if (state.UsesFunctions)
        {
            WriteFunction(json, sorted.Calls, context);
        }
        else
        {
            WriteCalls(json, sorted.Calls, state);
        }

        json.WriteEndObject();
        json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, OpenAIFinish.Write(answer.Reason, answer.HasCalls, sorted.Refusal.Length > 0, state.UsesFunctions));
        json.WriteEndObject();
        json.WriteEndArray();
        if (answer.Usage is { } usage)
        {
            json.WritePropertyName("usage"u8);
            OpenAIAnswerJson.WriteUsage(json, in usage);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes a plain <c>text_completion</c>.</summary>
    public static void WriteText(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        var sorted = Sorted.Of(answer);
        if (sorted.Reasoning.Length > 0)
        {
            context.Notes.DropFromAnswer("reasoning");
        }

        using var json = new Utf8JsonWriter(output, OpenAIAnswerJson.Plain);
        json.WriteStartObject();
        json.WriteString("id"u8, OpenAIAnswerJson.IdFor(answer.Id, context, isText: true));
        json.WriteString("object"u8, "text_completion"u8);
        json.WriteNumber("created"u8, context.Created.ToUnixTimeSeconds());
        json.WriteString("model"u8, context.Model);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteString("text"u8, sorted.Text.ToString() + sorted.Refusal);
        json.WriteNumber("index"u8, 0);
        json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, OpenAIFinish.Write(answer.Reason, hasCalls: false, sorted.Refusal.Length > 0, usesFunctions: false));
        json.WriteEndObject();
        json.WriteEndArray();
        if (answer.Usage is { } usage)
        {
            json.WritePropertyName("usage"u8);
            OpenAIAnswerJson.WriteUsage(json, in usage);
        }

        json.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter json, Sorted sorted, FinishReason? reason)
    {
        if (sorted.Text.Length > 0)
        {
            json.WriteString("content"u8, sorted.Text.ToString());
        }
        else if (sorted.Calls.Count > 0 || sorted.Refusal.Length > 0 || reason is FinishReason.Filtered or FinishReason.Refusal)
        {
            json.WriteNull("content"u8);
        }
        else
        {
            json.WriteString("content"u8, ""u8);
        }

        if (sorted.Refusal.Length > 0)
        {
            json.WriteString("refusal"u8, sorted.Refusal.ToString());
        }
        else
        {
            json.WriteNull("refusal"u8);
        }
    }

    private static void WriteReasoning(Utf8JsonWriter json, NeutralAnswer answer, Sorted sorted)
    {
        if (sorted.Reasoning.Length > 0)
        {
            json.WriteString("reasoning_content"u8, sorted.Reasoning.ToString());
        }

        if (!sorted.HasProofs)
        {
            return;
        }

        json.WriteStartArray("reasoning_details"u8);
        var index = 0;
        foreach (var block in answer.Blocks)
        {
            if (block is ReasoningBlock { Redacted: { } data })
            {
                OpenAIAnswerJson.WriteEncrypted(json, Encoding.UTF8.GetBytes(data), index++);
            }
            else if (block is ReasoningBlock { Signature: { } signature } signed)
            {
                OpenAIAnswerJson.WriteDetail(json, signed.Utf8, Encoding.UTF8.GetBytes(signature), index++);
            }
        }

        json.WriteEndArray();
    }

    private static void WriteCalls(Utf8JsonWriter json, List<ToolCallBlock> calls, OpenAIClientState state)
    {
        if (calls.Count == 0)
        {
            // Never an empty list: clients take its presence for calls.
            return;
        }

        json.WriteStartArray("tool_calls"u8);
        foreach (var call in calls)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, call.Id);
            if (state.CustomTools?.Contains(call.Name) == true)
            {
                json.WriteString("type"u8, "custom"u8);
                json.WriteStartObject("custom"u8);
                json.WriteString("name"u8, call.Name);
                json.WriteString("input"u8, CustomInput.Unwrap(call.Utf8));
            }
            else
            {
                json.WriteString("type"u8, "function"u8);
                json.WriteStartObject("function"u8);
                WriteNameAndArguments(json, call);
            }

            json.WriteEndObject();
            if (call.Signature is { } signature)
            {
                json.WriteStartObject("extra_content"u8);
                json.WriteStartObject("google"u8);
                json.WriteString("thought_signature"u8, signature);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFunction(Utf8JsonWriter json, List<ToolCallBlock> calls, AnswerContext context)
    {
        if (calls.Count == 0)
        {
            return;
        }

        json.WriteStartObject("function_call"u8);
        WriteNameAndArguments(json, calls[0]);
        json.WriteEndObject();
        if (calls.Count > 1)
        {
            context.Notes.DropFromAnswer("function_call");
        }
    }

    private static void WriteNameAndArguments(Utf8JsonWriter json, ToolCallBlock call)
    {
        json.WriteString("name"u8, call.Name);
        json.WriteString("arguments"u8, call.Utf8.IsEmpty ? "{}"u8 : call.Utf8);
    }

    /// <summary>The blocks by the member that they go into: OpenAI's message has one of each.</summary>
    private sealed class Sorted
    {
        public StringBuilder Text { get; } = new();

        public StringBuilder Refusal { get; } = new();

        public StringBuilder Reasoning { get; } = new();

        public List<ToolCallBlock> Calls { get; } = [];

        /// <summary>Signatures, or reasoning that cannot be read.</summary>
        public bool HasProofs { get; private set; }

        public static Sorted Of(NeutralAnswer answer)
        {
            var sorted = new Sorted();
            foreach (var block in answer.Blocks)
            {
                switch (block)
                {
                    case TextBlock:
                        sorted.Text.Append(block);
                        break;
                    case RefusalBlock:
                        sorted.Refusal.Append(block);
                        break;
                    case ToolCallBlock call:
                        sorted.Calls.Add(call);
                        break;
                    case ReasoningBlock reasoning:
                        sorted.Reasoning.Append(block);
                        sorted.HasProofs |= reasoning.Signature is not null || reasoning.Redacted is not null;
                        break;
                    default:
                        break;
                }
            }

            return sorted;
        }
    }
}
