using System.Text.Json;
using Gateway.Core.Money;

namespace Gateway.Router.Protocols.Neutral;

/// <summary>A request for embeddings in no protocol's words.</summary>
internal sealed class NeutralEmbeddingRequest
{
    public required string Model { get; init; }

    /// <summary>Texts in their order; empty exactly when <see cref="Tokens"/> is set.</summary>
    public List<string> Inputs { get; } = [];

    /// <summary>Where each text stood.</summary>
    public List<SourcePath> Paths { get; } = [];

    /// <summary>The input as token ids, which only OpenAI understands.</summary>
    public JsonElement? Tokens { get; set; }

    /// <summary>The client sent one bare text, no list.</summary>
    public bool IsSingle { get; set; }

    public long? Dimensions { get; set; }

    /// <summary>The client wants vectors as base64 of little-endian 32-bit floats.</summary>
    public bool Base64 { get; set; }

    /// <summary>Gemini's <c>taskType</c>.</summary>
    public string? TaskType { get; set; }

    /// <summary>Gemini's <c>title</c>.</summary>
    public string? Title { get; set; }

    public string? EndUser { get; set; }

    public List<ForeignField> Foreign { get; } = [];

    public object? ClientState { get; set; }
}

/// <param name="Vectors">One per input, in its order.</param>
/// <param name="Usage">Null when the upstream gave none.</param>
/// <param name="Model">The model that answered, or null.</param>
internal sealed record NeutralEmbeddings(IReadOnlyList<float[]> Vectors, TokenUsage? Usage, string? Model);
