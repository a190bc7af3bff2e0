using System.Globalization;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Protocols.OpenAI;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Responses;

/// <summary>Writes the response object and its items; the same in a whole answer and in the events of a stream.</summary>
/// <param name="call">The request.</param>
/// <param name="request">The same, read.</param>
/// <param name="answer">What was generated.</param>
/// <param name="script">What goes wrong.</param>
/// <param name="shelf">Where the response is kept; null when it is not to be.</param>
internal sealed class ResponsesAnswer(ProviderCall call, ResponsesRequest request, Answer answer, FaultScript script, ResponseShelf? shelf)
{
    private readonly AnswerChoice _choice = answer.Choices[0];
    private readonly long _created = call.Created;

    /// <summary>The items in their order: reasoning, text, calls; each named by <see cref="AnswerToken.Call"/>.</summary>
    public IEnumerable<int> Items => _choice.Tokens.Select(token => token.Call).Distinct();

    public bool ShowReasoning => request.ShowReasoning;

    public string ItemId(int item) => item switch
    {
        AnswerToken.Reasoning => $"rs_{call.Meter.Number}",
        AnswerToken.Content => $"msg_{call.Meter.Number}",
        _ => string.Create(CultureInfo.InvariantCulture, $"fc_{call.Meter.Number}x{item}"),
    };

    public string Text(int item) => _choice.Join(item);

    public ReadOnlyMemory<byte> Whole() => Json.Write(json => WriteResponse(json, done: true));

    /// <summary>Keeps the response. To be called before the client can see its end: it may ask for it at once.</summary>
    public void Keep() => shelf?.Keep(StoredTalk.Create(call.Meter.Id, call.Meter.Number, Whole(), request.Input.Earlier, request.Input.Items));

    /// <param name="json">Where to.</param>
    /// <param name="done">With everything that was generated; otherwise as it is at the start.</param>
    /// <param name="error">What it failed of, or null.</param>
    public void WriteResponse(Utf8JsonWriter json, bool done, OpenAIError? error = null)
    {
        var cut = done && _choice.End == AnswerEnd.Length;
        json.WriteStartObject();
        json.WriteString("id"u8, call.Meter.Id);
        json.WriteString("object"u8, "response"u8);
        json.WriteNumber("created_at"u8, _created);
        json.WriteString("status"u8, error is not null ? "failed" : cut ? "incomplete" : done ? "completed" : "in_progress");
        json.WriteBoolean("background"u8, false);
        WriteError(json, error);
        WriteReason(json, cut);
        Echo(json, "instructions"u8, "null"u8);
        Echo(json, "max_output_tokens"u8, "null"u8);
        Echo(json, "max_tool_calls"u8, "null"u8);
        json.WriteString("model"u8, call.Model);
        json.WriteStartArray("output"u8);
        foreach (var item in done ? Items : [])
        {
            WriteItem(json, item, done: true);
        }

        json.WriteEndArray();
        Echo(json, "parallel_tool_calls"u8, "true"u8);
        Echo(json, "previous_response_id"u8, "null"u8);
        Echo(json, "prompt_cache_key"u8, "null"u8);
        Echo(json, "reasoning"u8, "{\"effort\":null,\"summary\":null}"u8);
        Echo(json, "safety_identifier"u8, "null"u8);
        json.WriteString("service_tier"u8, "default"u8);
        Echo(json, "store"u8, "true"u8);
        Echo(json, "temperature"u8, "1.0"u8);
        Echo(json, "text"u8, "{\"format\":{\"type\":\"text\"},\"verbosity\":\"medium\"}"u8);
        Echo(json, "tool_choice"u8, "\"auto\""u8);
        Echo(json, "tools"u8, "[]"u8);
        Echo(json, "top_logprobs"u8, "0"u8);
        Echo(json, "top_p"u8, "1.0"u8);
        Echo(json, "truncation"u8, "\"disabled\""u8);
        WriteUsage(json, done);
        Echo(json, "user"u8, "null"u8);
        Echo(json, "metadata"u8, "{}"u8);
        json.WriteEndObject();
    }

    /// <param name="json">Where to.</param>
    /// <param name="item">Which, as in <see cref="Items"/>.</param>
    /// <param name="done">With its content; otherwise as it is when it is added.</param>
    public void WriteItem(Utf8JsonWriter json, int item, bool done)
    {
        // Only the last item can be one that the cap broke.
        var status = !done ? "in_progress" : _choice.End == AnswerEnd.Length && item == _choice.Tokens[^1].Call ? "incomplete" : "completed";
        json.WriteStartObject();
        json.WriteString("id"u8, ItemId(item));
        switch (item)
        {
            case AnswerToken.Reasoning:
                json.WriteString("type"u8, "reasoning"u8);
                var summary = request.ShowReasoning && done ? Text(item) : "";
                if (request.Encrypt)
                {
                    json.WriteString("encrypted_content"u8, Seal.Of(ResponsesInput.SealKind, summary));
                }

                json.WriteStartArray("summary"u8);
                if (summary.Length > 0)
                {
                    WriteSummary(json, summary);
                }

                json.WriteEndArray();
                break;
            case AnswerToken.Content:
                json.WriteString("type"u8, "message"u8);
                json.WriteString("status"u8, status);
                json.WriteStartArray("content"u8);
                if (done)
                {
                    WritePart(json, Text(item));
                }

                json.WriteEndArray();
                json.WriteString("role"u8, "assistant"u8);
                break;
            default:
                json.WriteString("type"u8, "function_call"u8);
                json.WriteString("status"u8, status);
                json.WriteString("arguments"u8, done ? Text(item) : "");
                json.WriteString("call_id"u8, string.Create(CultureInfo.InvariantCulture, $"call_{call.Meter.Number}x{item}"));
                json.WriteString("name"u8, _choice.CallStarts.First(start => start.Call == item).Text);
                break;
        }

        json.WriteEndObject();
    }

    public static void WritePart(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "output_text"u8);
        json.WriteStartArray("annotations"u8);
        json.WriteEndArray();
        json.WriteStartArray("logprobs"u8);
        json.WriteEndArray();
        json.WriteString("text"u8, text);
        json.WriteEndObject();
    }

    public static void WriteSummary(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "summary_text"u8);
        json.WriteString("text"u8, text);
        json.WriteEndObject();
    }

    /// <summary>What the request said, or what is usual.</summary>
    private void Echo(Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> usual)
    {
        json.WritePropertyName(name);
        if (Json.Member(request.Body, name) is { } value)
        {
            value.WriteTo(json);
        }
        else
        {
            json.WriteRawValue(usual);
        }
    }

    private static void WriteError(Utf8JsonWriter json, OpenAIError? error)
    {
        if (error is null)
        {
            json.WriteNull("error"u8);
            return;
        }

        json.WriteStartObject("error"u8);
        json.WriteString("code"u8, error.Code ?? "server_error");
        json.WriteString("message"u8, error.Message);
        json.WriteEndObject();
    }

    private static void WriteReason(Utf8JsonWriter json, bool cut)
    {
        if (!cut)
        {
            json.WriteNull("incomplete_details"u8);
            return;
        }

        json.WriteStartObject("incomplete_details"u8);
        json.WriteString("reason"u8, "max_output_tokens"u8);
        json.WriteEndObject();
    }

    private void WriteUsage(Utf8JsonWriter json, bool done)
    {
        if (!done || script.NoUsage)
        {
            json.WriteNull("usage"u8);
            return;
        }

        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, answer.PromptTokens);
        json.WriteStartObject("input_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, answer.CachedTokens);
        json.WriteEndObject();
        json.WriteNumber("output_tokens"u8, answer.CompletionTokens);
        json.WriteStartObject("output_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, answer.ReasoningTokens);
        json.WriteEndObject();
        json.WriteNumber("total_tokens"u8, answer.PromptTokens + answer.CompletionTokens);
        json.WriteEndObject();
    }
}
