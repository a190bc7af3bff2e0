using System.Buffers;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>
/// The block of reasoning that is being streamed. A signature proves a whole block, so the two must come back together: the text
/// is kept until the block ends.
/// </summary>
internal sealed class OpenAISignedReasoning
{
    private readonly ArrayBufferWriter<byte> _text = new();
    private readonly ArrayBufferWriter<byte> _signature = new();
    private int _index;

    public bool HasSignature => _signature.WrittenCount > 0;

    public ReadOnlySpan<byte> Text => _text.WrittenSpan;

    public ReadOnlySpan<byte> Signature => _signature.WrittenSpan;

    public void AddText(ReadOnlySpan<byte> text) => _text.Write(text);

    public void AddSignature(ReadOnlySpan<byte> signature) => _signature.Write(signature);

    /// <summary>0, 1, 2 ... over the details of one answer.</summary>
    public int NextIndex() => _index++;

    public void Clear()
    {
        _text.ResetWrittenCount();
        _signature.ResetWrittenCount();
    }
}
