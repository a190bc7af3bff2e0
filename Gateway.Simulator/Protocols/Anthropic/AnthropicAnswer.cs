using System.Globalization;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary>A whole message, and the pieces of it that a stream has too.</summary>
internal static class AnthropicAnswer
{
    public static ReadOnlyMemory<byte> Whole(ProviderCall call, Answer answer, FaultScript script, bool omitThinking) => Json.Write(json =>
    {
        var choice = answer.Choices[0];
        StartMessage(json, call);
        json.WriteStartArray("content"u8);
        if (choice.ReasoningTokens > 0)
        {
            var text = omitThinking ? "" : choice.Join(AnswerToken.Reasoning);
            json.WriteStartObject();
            json.WriteString("type"u8, "thinking"u8);
            json.WriteString("thinking"u8, text);
            json.WriteString("signature"u8, Seal.Of(AnthropicThinking.SealKind, text));
            json.WriteEndObject();
        }

        if (choice.Join(AnswerToken.Content) is { Length: > 0 } content)
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "text"u8);
            json.WriteString("text"u8, content);
            json.WriteEndObject();
        }

        foreach (var start in choice.CallStarts)
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "tool_use"u8);
            json.WriteString("id"u8, CallId(call, start.Call));
            json.WriteString("name"u8, start.Text);
            json.WritePropertyName("input"u8);
            json.WriteRawValue(Input(choice.Join(start.Call)));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteEnd(json, choice);
        if (!script.NoUsage)
        {
            WriteUsage(json, answer, answer.CompletionTokens, withTier: true);
        }

        json.WriteEndObject();
    });

    public static string CallId(ProviderCall call, int index) => string.Create(CultureInfo.InvariantCulture, $"toolu_{call.Meter.Number}x{index}");

    /// <summary>Everything of a message before its content.</summary>
    public static void StartMessage(Utf8JsonWriter json, ProviderCall call)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, call.Meter.Id);
        json.WriteString("type"u8, "message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("model"u8, call.Model);
    }

    public static void WriteEnd(Utf8JsonWriter json, AnswerChoice choice)
    {
        json.WriteString("stop_reason"u8, choice.End switch
        {
            AnswerEnd.Stop => "end_turn",
            AnswerEnd.Length => "max_tokens",
            AnswerEnd.ToolCalls => "tool_use",
            AnswerEnd.StopSequence => "stop_sequence",
        });
        json.WriteString("stop_sequence"u8, choice.StopSequence);
        json.WriteNull("stop_details"u8);
    }

    /// <summary>Unlike other providers this one does not count the cached tokens under the input.</summary>
    public static void WriteUsage(Utf8JsonWriter json, Answer answer, int output, bool withTier)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, answer.PromptTokens - answer.CachedTokens - answer.CacheWriteTokens);
        json.WriteNumber("cache_creation_input_tokens"u8, answer.CacheWriteTokens);
        json.WriteNumber("cache_read_input_tokens"u8, answer.CachedTokens);
        if (withTier)
        {
            var hour = answer.CacheLife >= TimeSpan.FromHours(1);
            json.WriteStartObject("cache_creation"u8);
            json.WriteNumber("ephemeral_5m_input_tokens"u8, hour ? 0 : answer.CacheWriteTokens);
            json.WriteNumber("ephemeral_1h_input_tokens"u8, hour ? answer.CacheWriteTokens : 0);
            json.WriteEndObject();
        }

        json.WriteNumber("output_tokens"u8, output);
        if (answer.ReasoningTokens > 0 && output == answer.CompletionTokens)
        {
            json.WriteStartObject("output_tokens_details"u8);
            json.WriteNumber("thinking_tokens"u8, answer.ReasoningTokens);
            json.WriteEndObject();
        }

        if (withTier)
        {
            json.WriteString("service_tier"u8, "standard"u8);
        }

        json.WriteEndObject();
    }

    /// <summary>Arguments that the cap cut off are no JSON; the real one then gives what it could read, which here is nothing.</summary>
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
