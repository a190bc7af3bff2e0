using Gateway.Core.Requests;

namespace Gateway.Router.Tests.Translating;

/// <summary>Whether a written body still says what the client said.</summary>
internal delegate bool Evidence(string written, ProtocolTableColumn column);

/// <summary>A thing that clients can ask for, whatever their protocol, and how to see that an upstream was asked for it.</summary>
/// <param name="Name">As the page has it.</param>
/// <param name="IsKept">True for a body that carries it, false for one that does not.</param>
internal sealed record ProtocolFeature(string Name, Evidence IsKept)
{
    /// <summary>The specification lets it go without a word where it has no twin: it has no effect on the answer.</summary>
    public bool IsDroppedInSilence { get; init; }

    /// <summary>The body says it also where nobody asked: only a note or a refusal tells what became of it.</summary>
    public bool IsAlwaysWritten { get; init; }
}

/// <summary>One feature in one client's words.</summary>
/// <param name="Feature">What is asked for.</param>
/// <param name="Field">The client's name for it.</param>
/// <param name="Operation">Of the client.</param>
/// <param name="Body">A body that asks for it.</param>
/// <param name="Base">The same body without it.</param>
internal sealed record ProtocolTableRow(ProtocolFeature Feature, string Field, LlmOperation Operation, string Body, string Base)
{
    /// <summary>The path asks for a stream (Gemini).</summary>
    public bool StreamsByPath { get; init; }
}
