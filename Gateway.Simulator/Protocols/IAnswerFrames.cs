using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols;

/// <summary>
/// Turns a generated answer into the frames of one protocol's stream, one token at a time. Made for one stream; what a method
/// returns is valid until the next call. <see cref="AnswerSender"/> calls it, meters it and breaks it as the script says.
/// </summary>
internal interface IAnswerFrames : IDisposable
{
    string ContentType { get; }

    /// <summary>What opens a choice, right before its first token, or before its finish when it has none; empty for nothing.</summary>
    /// <param name="choice">Index of the choice.</param>
    /// <param name="first">Its first token, or null when it has none.</param>
    ReadOnlyMemory<byte> Open(int choice, AnswerToken? first);

    /// <summary>The frames of one token, with those that end what came before it.</summary>
    /// <returns>Empty when the protocol holds the token back (a call that is only written whole, say): it counts as written with the next frame.</returns>
    ReadOnlyMemory<byte> Token(int choice, AnswerToken token);

    /// <summary>The finish of one choice, with what was held back.</summary>
    ReadOnlyMemory<byte> Finish(int choice, AnswerEnd end);

    /// <summary>Usage and end marker, as far as the protocol has them apart from the finish and the script allows them.</summary>
    ReadOnlyMemory<byte> End(Answer answer);

    /// <summary>An error inside the 200.</summary>
    ReadOnlyMemory<byte> Error(ProviderException error);

    /// <summary>A frame that is well formed but whose JSON breaks off in its middle.</summary>
    ReadOnlyMemory<byte> Garbage();
}
