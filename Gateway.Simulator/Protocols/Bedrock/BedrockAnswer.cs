using System.Globalization;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Bedrock;

/// <summary>A whole answer, and the pieces of it that a stream has too.</summary>
internal static class BedrockAnswer
{
    public static ReadOnlyMemory<byte> Whole(ProviderCall call, Answer answer, FaultScript script) => Json.Write(json =>
    {
        var choice = answer.Choices[0];
        json.WriteStartObject();
        WriteMetrics(json);
        json.WriteStartObject("output"u8);
        json.WriteStartObject("message"u8);
        json.WriteStartArray("content"u8);
        if (choice.ReasoningTokens > 0)
        {
            var text = choice.Join(AnswerToken.Reasoning);
            json.WriteStartObject();
            json.WriteStartObject("reasoningContent"u8);
            json.WriteStartObject("reasoningText"u8);
            json.WriteString("signature"u8, Seal.Of(BedrockPrompt.SealKind, text));
            json.WriteString("text"u8, text);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        if (choice.Join(AnswerToken.Content) is { Length: > 0 } content)
        {
            json.WriteStartObject();
            json.WriteString("text"u8, content);
            json.WriteEndObject();
        }

        foreach (var start in choice.CallStarts)
        {
            json.WriteStartObject();
            json.WriteStartObject("toolUse"u8);
            json.WritePropertyName("input"u8);
            json.WriteRawValue(Input(choice.Join(start.Call)));
            json.WriteString("name"u8, start.Text);
            json.WriteString("toolUseId"u8, CallId(call, start.Call));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("role"u8, "assistant"u8);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteString("stopReason"u8, Reason(choice.End));
        if (!script.NoUsage)
        {
            WriteUsage(json, answer);
        }

        json.WriteEndObject();
    });

    public static string CallId(ProviderCall call, int index) => string.Create(CultureInfo.InvariantCulture, $"tooluse_{call.Meter.Number}x{index}");

    public static string Reason(AnswerEnd end) => end switch
    {
        AnswerEnd.Stop => "end_turn",
        AnswerEnd.Length => "max_tokens",
        AnswerEnd.ToolCalls => "tool_use",
        AnswerEnd.StopSequence => "stop_sequence",
    };

    public static void WriteMetrics(Utf8JsonWriter json)
    {
        json.WriteStartObject("metrics"u8);
        json.WriteNumber("latencyMs"u8, 1);
        json.WriteEndObject();
    }

    /// <summary>The cached tokens are not part of the input, but of the total.</summary>
    public static void WriteUsage(Utf8JsonWriter json, Answer answer)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("inputTokens"u8, answer.PromptTokens - answer.CachedTokens - answer.CacheWriteTokens);
        json.WriteNumber("outputTokens"u8, answer.CompletionTokens);
        json.WriteNumber("totalTokens"u8, answer.PromptTokens + answer.CompletionTokens);
        json.WriteNumber("cacheReadInputTokens"u8, answer.CachedTokens);
        json.WriteNumber("cacheWriteInputTokens"u8, answer.CacheWriteTokens);
        json.WriteEndObject();
    }

    /// <summary>Arguments that the cap cut off are no JSON and cannot be shown.</summary>
    private static string Input(string arguments)
    {
        try
        {
            using var parsed = JsonDocument.Parse(arguments);
            return arguments;
        }
        catch (JsonException)
        {
            return "{}";
        }
    }
}
