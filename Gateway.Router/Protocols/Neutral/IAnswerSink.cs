using Gateway.Core.Money;

namespace Gateway.Router.Protocols.Neutral;

/// <summary>
/// Takes an answer event by event, in no protocol's words. All texts are plain UTF-8 (no JSON escapes) and valid only during the call.
/// </summary>
/// <remarks>
/// The order is the upstream's. A tool's <see cref="ToolStart"/> comes before its arguments, its <see cref="ToolEnd"/> after them; calls may
/// overlap. <see cref="Usage"/> is cumulative: the last one stands. <see cref="Finish"/> comes once, and usage may still follow it.
/// Whether the stream ended normally is not said here but by <see cref="EventKind"/>.
/// </remarks>
internal interface IAnswerSink
{
    /// <param name="id">The upstream's id, or empty.</param>
    /// <param name="model">The model that answers, or empty.</param>
    void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model);

    void Text(ReadOnlySpan<byte> text);

    void Reasoning(ReadOnlySpan<byte> text);

    /// <summary>Proof of the reasoning before it (or, without any, of the turn).</summary>
    void ReasoningSignature(ReadOnlySpan<byte> signature);

    /// <summary>Reasoning that only the provider can read.</summary>
    void RedactedReasoning(ReadOnlySpan<byte> data);

    void Refusal(ReadOnlySpan<byte> text);

    /// <param name="index">0, 1, 2 ... by order of appearance, whatever the upstream's own numbers are.</param>
    /// <param name="id">Never empty: decoders of protocols without ids make one (<see cref="ToolIds.New"/>).</param>
    /// <param name="name">As the client named the tool.</param>
    void ToolStart(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name);

    /// <summary>A piece of the arguments' JSON text.</summary>
    void ToolArguments(int index, ReadOnlySpan<byte> json);

    /// <summary>Gemini's <c>thoughtSignature</c> of a call.</summary>
    void ToolSignature(int index, ReadOnlySpan<byte> signature);

    void ToolEnd(int index);

    void Usage(in TokenUsage usage);

    /// <summary>Tier of service that the answer names. For who counts; clients of other protocols are not told.</summary>
    void Tier(ServiceTier tier)
    {
    }

    /// <param name="stopSequence">The sequence that was met, where the upstream says it; else empty.</param>
    void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence);
}

/// <summary>Why an answer ended (protocols.md 4.1).</summary>
internal enum FinishReason
{
    Stop,
    StopSequence,
    Length,
    Tool,
    Filtered,
    Refusal,

    /// <summary>Anthropic's <c>pause_turn</c>.</summary>
    Pause,
}
