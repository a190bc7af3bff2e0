namespace Gateway.Core.Requests;

/// <summary>What a request asks a model to do; decides which fields its body may steer with.</summary>
public enum LlmOperation : byte
{
    ChatCompletions = 1,
    Completions = 2,
    Embeddings = 3,
    Moderations = 4,
}

/// <summary>A client endpoint of the LLM path. Edge and Router map the same list.</summary>
/// <param name="Path">Path at the Edge and at the Router.</param>
/// <param name="Operation">What is asked for.</param>
/// <param name="UpstreamPath">Path below a provider's base URL.</param>
public sealed record LlmEndpoint(string Path, LlmOperation Operation, string UpstreamPath)
{
    public static readonly LlmEndpoint ChatCompletions = new("/v1/chat/completions", LlmOperation.ChatCompletions, "/chat/completions");
    public static readonly LlmEndpoint Completions = new("/v1/completions", LlmOperation.Completions, "/completions");
    public static readonly LlmEndpoint Embeddings = new("/v1/embeddings", LlmOperation.Embeddings, "/embeddings");

    /// <summary>Endpoints that the Router serves.</summary>
    public static readonly IReadOnlyList<LlmEndpoint> Routed = [ChatCompletions, Completions, Embeddings];
}
