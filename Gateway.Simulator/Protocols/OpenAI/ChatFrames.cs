using System.Globalization;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>Chunks of a streamed chat completion.</summary>
internal sealed class ChatFrames(ProviderCall call, bool includeUsage, FaultScript script) : ChunkFrames(call, "chat.completion.chunk", includeUsage, script)
{
    private readonly string _number = call.Meter.Number;
    private readonly bool _filters = call.Provider is OpenAIProvider { Filters: true };
    private bool _opened;

    /// <summary>The id of a tool call; the same in a whole answer.</summary>
    public static string CallId(string number, int choice, int index) => string.Create(CultureInfo.InvariantCulture, $"call_{number}{choice}x{index}");

    public static string Reason(AnswerEnd end) => end switch
    {
        AnswerEnd.Stop or AnswerEnd.StopSequence => "stop",
        AnswerEnd.Length => "length",
        AnswerEnd.ToolCalls => "tool_calls",
    };

    public override ReadOnlyMemory<byte> Open(int choice, AnswerToken? first)
    {
        var json = StartDelta(choice, _filters && !_opened);
        _opened = true;
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("content"u8, first is { Call: not AnswerToken.Content } ? null : "");
        json.WriteNull("refusal"u8);
        return EndDelta(json, null);
    }

    public override ReadOnlyMemory<byte> Token(int choice, AnswerToken token)
    {
        var json = StartDelta(choice, content: token.Call == AnswerToken.Content);
        if (token.Call < 0)
        {
            json.WriteString(token.Call == AnswerToken.Reasoning ? "reasoning_content"u8 : "content"u8, token.Text);
            return EndDelta(json, null);
        }

        json.WriteStartArray("tool_calls"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, token.Call);
        if (token.StartsCall)
        {
            json.WriteString("id"u8, CallId(_number, choice, token.Call));
            json.WriteString("type"u8, "function"u8);
        }

        json.WriteStartObject("function"u8);
        if (token.StartsCall)
        {
            json.WriteString("name"u8, token.Text);
        }

        json.WriteString("arguments"u8, token.StartsCall ? "" : token.Text);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        return EndDelta(json, null);
    }

    public override ReadOnlyMemory<byte> Finish(int choice, AnswerEnd end) => EndDelta(StartDelta(choice), Reason(end));

    private Utf8JsonWriter StartDelta(int choice, bool promptFirst = false, bool content = false)
    {
        var json = StartChunk(promptFirst);
        json.WriteStartObject();
        json.WriteNumber("index"u8, choice);
        if (_filters)
        {
            json.WritePropertyName("content_filter_results"u8);
            json.WriteRawValue(content ? ContentFilter.Safe : "{}"u8);
        }

        json.WriteStartObject("delta"u8);
        return json;
    }

    private ReadOnlyMemory<byte> EndDelta(Utf8JsonWriter json, string? reason)
    {
        json.WriteEndObject();
        json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, reason);
        json.WriteEndObject();
        return EndChunk();
    }
}
