using System.Text.Json;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>What Azure's content filter says of everything: nothing was found.</summary>
internal static class ContentFilter
{
    public static readonly JsonElement SafeElement = JsonElement.Parse(Safe);

    public static readonly JsonElement PromptElement = JsonElement.Parse(Prompt);

    public static ReadOnlySpan<byte> Safe =>
        "{\"hate\":{\"filtered\":false,\"severity\":\"safe\"},\"self_harm\":{\"filtered\":false,\"severity\":\"safe\"},\"sexual\":{\"filtered\":false,\"severity\":\"safe\"},\"violence\":{\"filtered\":false,\"severity\":\"safe\"}}"u8;

    public static ReadOnlySpan<byte> Prompt =>
        "[{\"prompt_index\":0,\"content_filter_results\":{\"hate\":{\"filtered\":false,\"severity\":\"safe\"},\"jailbreak\":{\"detected\":false,\"filtered\":false},\"self_harm\":{\"filtered\":false,\"severity\":\"safe\"},\"sexual\":{\"filtered\":false,\"severity\":\"safe\"},\"violence\":{\"filtered\":false,\"severity\":\"safe\"}}}]"u8;

    /// <summary>The first chunk of every stream.</summary>
    public static ReadOnlySpan<byte> PromptChunk => PromptChunkBytes;

    private static readonly byte[] PromptChunkBytes = [.. "{\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",\"prompt_filter_results\":"u8, .. Prompt, .. "}"u8];
}
