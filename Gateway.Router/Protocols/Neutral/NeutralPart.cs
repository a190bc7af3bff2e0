using System.Text.Json;

namespace Gateway.Router.Protocols.Neutral;

/// <summary>One piece of content of a turn.</summary>
/// <param name="Path">Where it stood in the client's body.</param>
internal abstract record NeutralPart(SourcePath Path)
{
    /// <summary>An Anthropic cache mark stood on it.</summary>
    public CacheMark? Cache { get; init; }
}

internal sealed record TextPart(string Text, SourcePath Path) : NeutralPart(Path);

/// <summary>The model's own refusal, when it comes back in the history.</summary>
internal sealed record RefusalPart(string Text, SourcePath Path) : NeutralPart(Path);

internal enum MediaKind
{
    Image,
    Audio,

    /// <summary>A PDF or another document.</summary>
    File,
    Video,
}

/// <summary>An image, a sound or a document: its bytes, an address, or a provider's own id; exactly one of the three.</summary>
internal sealed record MediaPart(MediaKind Kind, SourcePath Path) : NeutralPart(Path)
{
    /// <summary>Plain base64 as UTF-8: no prefix, no white space, the standard alphabet.</summary>
    public ReadOnlyMemory<byte> Base64 { get; init; }

    public string? Url { get; init; }

    /// <summary>A file that lies at one provider.</summary>
    public string? FileId { get; init; }

    /// <summary><c>image/png</c> and the like; null when the client did not say and the bytes do not tell.</summary>
    public string? MimeType { get; init; }

    public string? FileName { get; init; }

    /// <summary>OpenAI's <c>detail</c>.</summary>
    public string? Detail { get; init; }
}

/// <summary>A call that the assistant made.</summary>
/// <param name="Id">Never empty: readers of protocols without ids make one that is the same for the same history.</param>
/// <param name="Name">Of the tool.</param>
/// <param name="Arguments">JSON text as the client's protocol holds it: an object where the protocol has objects, any text where it has text. Empty means <c>{}</c>.</param>
/// <param name="Path">Where it stood.</param>
internal sealed record ToolCallPart(string Id, string Name, string Arguments, SourcePath Path) : NeutralPart(Path)
{
    /// <summary>Gemini's <c>thoughtSignature</c> of the call.</summary>
    public string? Signature { get; init; }

    /// <summary>A call of a <c>custom</c> tool: <see cref="Arguments"/> is its plain input, no JSON.</summary>
    public bool IsCustom { get; init; }
}

/// <summary>What a call gave. Data, whatever it looks like: never cleaned, never read as a schema.</summary>
/// <param name="CallId">Of the <see cref="ToolCallPart"/>.</param>
/// <param name="Name">Of the tool; null where the protocol does not repeat it.</param>
/// <param name="Parts">Text and media.</param>
/// <param name="IsError">The call failed.</param>
/// <param name="Path">Where it stood.</param>
internal sealed record ToolResultPart(string CallId, string? Name, IReadOnlyList<NeutralPart> Parts, bool IsError, SourcePath Path) : NeutralPart(Path)
{
    /// <summary>The result as an object, where the protocol has objects (Gemini); <see cref="Parts"/> then holds its text.</summary>
    public JsonElement? Object { get; init; }
}

/// <summary>Reasoning of the assistant that comes back in the history.</summary>
/// <param name="Text">Empty when only a signature is known.</param>
/// <param name="Path">Where it stood.</param>
internal sealed record ReasoningPart(string Text, SourcePath Path) : NeutralPart(Path)
{
    /// <summary>Proof of the provider that made it; worthless to any other.</summary>
    public string? Signature { get; init; }

    /// <summary>Anthropic's <c>redacted_thinking.data</c>.</summary>
    public string? Redacted { get; init; }
}
