namespace Gateway.Core.Requests;

/// <summary>The wire protocol of a client, or of an upstream.</summary>
public enum LlmProtocol : byte
{
    /// <summary>OpenAI: chat completions, completions, embeddings.</summary>
    OpenAI = 1,

    /// <summary>OpenAI: responses.</summary>
    Responses = 2,

    /// <summary>Anthropic messages.</summary>
    Anthropic = 3,

    /// <summary>Gemini generateContent and its relatives.</summary>
    Gemini = 4,

    /// <summary>Ollama's own endpoints.</summary>
    Ollama = 5,

    /// <summary>Amazon Bedrock Converse; upstream only.</summary>
    Bedrock = 6,
}

/// <summary>What a request asks for, in the words of its protocol; decides which fields its body may steer with.</summary>
/// <remarks>The numbers stand in journals: none is ever used again for something else.</remarks>
public enum LlmOperation : byte
{
    ChatCompletions = 1,
    Completions = 2,
    Embeddings = 3,
    Moderations = 4,

    Responses = 10,

    /// <summary>Counts the tokens of a responses request.</summary>
    ResponsesInputTokens = 11,

    Messages = 20,

    /// <summary>Counts the tokens of a messages request.</summary>
    MessagesCountTokens = 21,

    GenerateContent = 30,
    EmbedContent = 31,
    BatchEmbedContents = 32,

    /// <summary>Counts the tokens of a generateContent request.</summary>
    GeminiCountTokens = 33,

    OllamaChat = 40,
    OllamaGenerate = 41,
    OllamaEmbed = 42,

    /// <summary>The old way to embed: one <c>prompt</c> in, one <c>embedding</c> out.</summary>
    OllamaEmbeddings = 43,

    /// <summary>Upstream only.</summary>
    Converse = 50,

    /// <summary>Counts the tokens of a Converse request; upstream only.</summary>
    BedrockCountTokens = 51,

    ImageGenerations = 60,

    /// <summary>A form: pictures in, pictures out.</summary>
    ImageEdits = 61,

    /// <summary>A form.</summary>
    ImageVariations = 62,

    /// <summary>Text in, sound out.</summary>
    Speech = 63,

    /// <summary>A form: sound in, its text out.</summary>
    Transcriptions = 64,

    /// <summary>A form: sound in, its text in English out.</summary>
    SpeechTranslations = 65,

    /// <summary>Documents in, their order by relevance out, as Cohere and Jina have it.</summary>
    Rerank = 66,

    /// <summary>Files of a provider: uploaded, listed, read, deleted. No model, no tokens.</summary>
    Files = 67,
}

/// <summary>What kinds of work there are, whatever the protocol. Requests are translated only within a kind.</summary>
public enum LlmKind : byte
{
    Chat,
    Embed,
    CountTokens,
    Moderate,

    /// <summary>Passed through only, as the three after it: no translation has pictures, sound or scores.</summary>
    Image,
    Audio,
    Rerank,
    Files,
}

public static class LlmOperations
{
    public static LlmProtocol ProtocolOf(LlmOperation operation) => operation switch
    {
        LlmOperation.ChatCompletions or LlmOperation.Completions or LlmOperation.Embeddings or LlmOperation.Moderations => LlmProtocol.OpenAI,
        LlmOperation.ImageGenerations or LlmOperation.ImageEdits or LlmOperation.ImageVariations or LlmOperation.Speech or LlmOperation.Transcriptions
            or LlmOperation.SpeechTranslations or LlmOperation.Rerank or LlmOperation.Files => LlmProtocol.OpenAI,
        LlmOperation.Responses or LlmOperation.ResponsesInputTokens => LlmProtocol.Responses,
        LlmOperation.Messages or LlmOperation.MessagesCountTokens => LlmProtocol.Anthropic,
        LlmOperation.GenerateContent or LlmOperation.EmbedContent or LlmOperation.BatchEmbedContents or LlmOperation.GeminiCountTokens => LlmProtocol.Gemini,
        LlmOperation.OllamaChat or LlmOperation.OllamaGenerate or LlmOperation.OllamaEmbed or LlmOperation.OllamaEmbeddings => LlmProtocol.Ollama,
        LlmOperation.Converse or LlmOperation.BedrockCountTokens => LlmProtocol.Bedrock,
    };

    public static LlmKind KindOf(LlmOperation operation) => operation switch
    {
        LlmOperation.ChatCompletions or LlmOperation.Completions or LlmOperation.Responses or LlmOperation.Messages or LlmOperation.GenerateContent
            or LlmOperation.OllamaChat or LlmOperation.OllamaGenerate or LlmOperation.Converse => LlmKind.Chat,
        LlmOperation.Embeddings or LlmOperation.EmbedContent or LlmOperation.BatchEmbedContents or LlmOperation.OllamaEmbed or LlmOperation.OllamaEmbeddings => LlmKind.Embed,
        LlmOperation.ResponsesInputTokens or LlmOperation.MessagesCountTokens or LlmOperation.GeminiCountTokens
            or LlmOperation.BedrockCountTokens => LlmKind.CountTokens,
        LlmOperation.Moderations => LlmKind.Moderate,
        LlmOperation.ImageGenerations or LlmOperation.ImageEdits or LlmOperation.ImageVariations => LlmKind.Image,
        LlmOperation.Speech or LlmOperation.Transcriptions or LlmOperation.SpeechTranslations => LlmKind.Audio,
        LlmOperation.Rerank => LlmKind.Rerank,
        LlmOperation.Files => LlmKind.Files,
    };

    /// <summary>Whether its body is <c>multipart/form-data</c>, and not a JSON object.</summary>
    public static bool IsForm(LlmOperation operation) =>
        operation is LlmOperation.ImageEdits or LlmOperation.ImageVariations or LlmOperation.Transcriptions or LlmOperation.SpeechTranslations;
}

/// <summary>A client endpoint of the LLM path. Edge and Router map the same list.</summary>
/// <param name="Path">Path at the Edge and at the Router; a route pattern where the model is in the path.</param>
/// <param name="Operation">What is asked for.</param>
public sealed record LlmEndpoint(string Path, LlmOperation Operation)
{
    public static readonly LlmEndpoint ChatCompletions = new("/v1/chat/completions", LlmOperation.ChatCompletions);
    public static readonly LlmEndpoint Completions = new("/v1/completions", LlmOperation.Completions);
    public static readonly LlmEndpoint Embeddings = new("/v1/embeddings", LlmOperation.Embeddings);

    /// <summary>Endpoints with a fixed path that the Router serves.</summary>
    public static readonly IReadOnlyList<LlmEndpoint> Routed =
    [
        ChatCompletions, Completions, Embeddings,
        new("/v1/responses", LlmOperation.Responses), new("/v1/responses/input_tokens", LlmOperation.ResponsesInputTokens),
        new("/v1/messages", LlmOperation.Messages), new("/v1/messages/count_tokens", LlmOperation.MessagesCountTokens),
        new("/api/chat", LlmOperation.OllamaChat), new("/api/generate", LlmOperation.OllamaGenerate),
        new("/api/embed", LlmOperation.OllamaEmbed), new("/api/embeddings", LlmOperation.OllamaEmbeddings),
        new("/v1/images/generations", LlmOperation.ImageGenerations), new("/v1/images/edits", LlmOperation.ImageEdits), new("/v1/images/variations", LlmOperation.ImageVariations),
        new("/v1/audio/speech", LlmOperation.Speech), new("/v1/audio/transcriptions", LlmOperation.Transcriptions), new("/v1/audio/translations", LlmOperation.SpeechTranslations),
        new("/v1/rerank", LlmOperation.Rerank),
    ];

    /// <summary>Gemini's endpoints: one pattern for all of them, which <see cref="GeminiPath"/> reads.</summary>
    public static readonly IReadOnlyList<LlmEndpoint> Gemini =
    [
        new(GeminiPath.Pattern, LlmOperation.GenerateContent), new(GeminiPath.Pattern, LlmOperation.EmbedContent),
        new(GeminiPath.Pattern, LlmOperation.BatchEmbedContents), new(GeminiPath.Pattern, LlmOperation.GeminiCountTokens),
    ];

    /// <summary>The files endpoints, whatever path and method: <see cref="FilesCall"/> reads them.</summary>
    public static readonly LlmEndpoint Files = new(FilesCall.Root, LlmOperation.Files);

    /// <summary>The protocol that the client speaks, and wants its errors in.</summary>
    public LlmProtocol Protocol { get; } = LlmOperations.ProtocolOf(Operation);

    public LlmKind Kind { get; } = LlmOperations.KindOf(Operation);

    /// <summary>Whether the body is a form with a <c>model</c> part (<see cref="FormFactsReader"/>).</summary>
    public bool IsForm { get; } = LlmOperations.IsForm(Operation);
}
