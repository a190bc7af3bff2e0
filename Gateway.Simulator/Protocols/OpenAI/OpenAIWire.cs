using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI;

internal sealed record Usage
{
    public required int PromptTokens { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? CompletionTokens { get; init; }

    public required int TotalTokens { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PromptDetails? PromptTokensDetails { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CompletionDetails? CompletionTokensDetails { get; init; }

    public static Usage Of(Answer answer) => new()
    {
        PromptTokens = answer.PromptTokens,
        CompletionTokens = answer.CompletionTokens,
        TotalTokens = answer.PromptTokens + answer.CompletionTokens,
        PromptTokensDetails = new PromptDetails { CachedTokens = answer.CachedTokens },
        CompletionTokensDetails = new CompletionDetails { ReasoningTokens = answer.ReasoningTokens },
    };
}

internal sealed record PromptDetails
{
    public int CachedTokens { get; init; }

    public int AudioTokens { get; init; }
}

internal sealed record CompletionDetails
{
    public int ReasoningTokens { get; init; }

    public int AudioTokens { get; init; }

    public int AcceptedPredictionTokens { get; init; }

    public int RejectedPredictionTokens { get; init; }
}

internal sealed record ChatCompletion
{
    public required string Id { get; init; }

    public string Object { get; } = "chat.completion";

    public required long Created { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<ChatChoice> Choices { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? PromptFilterResults { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Usage? Usage { get; init; }

    public string ServiceTier { get; } = "default";

    public string SystemFingerprint { get; } = OpenAIJson.Fingerprint;
}

internal sealed record ChatChoice(int Index, ChatMessage Message, string FinishReason)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? ContentFilterResults { get; init; }

    // Asking for them is refused, so they are always null; clients expect the member.
    public JsonElement? Logprobs { get; }
}

internal sealed record ChatMessage
{
    public string Role { get; } = "assistant";

    public required string? Content { get; init; }

    /// <summary>Not OpenAI's own: the member that DeepSeek, vLLM and others speak of reasoning in. Only when a directive asks for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReasoningContent { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ChatToolCall>? ToolCalls { get; init; }

    public string? Refusal { get; }

    public IReadOnlyList<JsonElement> Annotations { get; } = [];
}

internal sealed record ChatToolCall(string Id, ChatFunctionCall Function)
{
    public string Type { get; } = "function";
}

internal sealed record ChatFunctionCall(string Name, string Arguments);

internal sealed record TextCompletion
{
    public required string Id { get; init; }

    public string Object { get; } = "text_completion";

    public required long Created { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<TextChoice> Choices { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Usage? Usage { get; init; }
}

internal sealed record TextChoice(string Text, int Index, string FinishReason)
{
    public JsonElement? Logprobs { get; }
}

internal sealed record EmbeddingList
{
    public string Object { get; } = "list";

    public required IReadOnlyList<Embedding> Data { get; init; }

    public required string Model { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Usage? Usage { get; init; }
}

/// <summary>One vector: an array of numbers, or base64 of little-endian 32-bit floats.</summary>
internal sealed record Embedding(int Index, [property: JsonPropertyName("embedding")] JsonElement Value)
{
    public string Object { get; } = "embedding";
}

internal sealed record ModelList(IReadOnlyList<ModelInfo> Data)
{
    public string Object { get; } = "list";
}

internal sealed record ModelInfo(string Id, long Created, string OwnedBy)
{
    public string Object { get; } = "model";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Usage))]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(TextCompletion))]
[JsonSerializable(typeof(EmbeddingList))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ModelInfo))]
[JsonSerializable(typeof(float[]))]
[JsonSerializable(typeof(string))]
internal sealed partial class OpenAIJson : JsonSerializerContext
{
    public const string Fingerprint = "fp_simulator";

    /// <summary>The context that the handlers write with.</summary>
    public static readonly OpenAIJson Wire = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = Json.Encoder,
    });
}
