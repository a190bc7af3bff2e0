using System.Text;
using Gateway.Core.Money;

namespace Gateway.Router.Protocols.Neutral;

/// <summary>A plain answer: the events of <see cref="IAnswerSink"/> folded into blocks, in their order.</summary>
internal sealed class NeutralAnswer : IAnswerSink
{
    private readonly Dictionary<int, ToolCallBlock> _calls = [];

    /// <summary>The upstream's id, or empty.</summary>
    public string Id { get; private set; } = "";

    /// <summary>The model that answered, or empty.</summary>
    public string Model { get; private set; } = "";

    public List<AnswerBlock> Blocks { get; } = [];

    public TokenUsage? Usage { get; private set; }

    /// <summary>Null when the upstream gave none: stop or tool, by content.</summary>
    public FinishReason? Reason { get; private set; }

    /// <summary>The stop sequence that was met, or null.</summary>
    public string? StopSequence { get; private set; }

    public bool HasCalls => _calls.Count > 0;

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
    {
        Id = id.IsEmpty ? Id : Encoding.UTF8.GetString(id);
        Model = model.IsEmpty ? Model : Encoding.UTF8.GetString(model);
    }

    public void Text(ReadOnlySpan<byte> text) => Last<TextBlock>().Add(text);

    public void Reasoning(ReadOnlySpan<byte> text)
    {
        // A signature closes its block: what comes behind it is another one.
        if (Blocks is not [.., ReasoningBlock { Signature: null, Redacted: null }])
        {
            Blocks.Add(new ReasoningBlock());
        }

        ((ReasoningBlock)Blocks[^1]).Add(text);
    }

    public void ReasoningSignature(ReadOnlySpan<byte> signature)
    {
        if (Blocks is not [.., ReasoningBlock { Redacted: null }])
        {
            Blocks.Add(new ReasoningBlock());
        }

        var block = (ReasoningBlock)Blocks[^1];
        block.Signature += Encoding.UTF8.GetString(signature);
    }

    public void RedactedReasoning(ReadOnlySpan<byte> data) => Blocks.Add(new ReasoningBlock { Redacted = Encoding.UTF8.GetString(data) });

    public void Refusal(ReadOnlySpan<byte> text) => Last<RefusalBlock>().Add(text);

    public void ToolStart(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        var call = new ToolCallBlock(Encoding.UTF8.GetString(id), Encoding.UTF8.GetString(name));
        _calls[index] = call;
        Blocks.Add(call);
    }

    public void ToolArguments(int index, ReadOnlySpan<byte> json) => _calls[index].Add(json);

    public void ToolSignature(int index, ReadOnlySpan<byte> signature) => _calls[index].Signature = Encoding.UTF8.GetString(signature);

    public void ToolEnd(int index)
    {
        // The block is whole as it stands.
    }

    void IAnswerSink.Usage(in TokenUsage usage) => Usage = usage;

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence)
    {
        Reason = reason;
        StopSequence = stopSequence.IsEmpty ? null : Encoding.UTF8.GetString(stopSequence);
    }

    private TBlock Last<TBlock>() where TBlock : AnswerBlock, new()
    {
        if (Blocks is not [.., TBlock])
        {
            Blocks.Add(new TBlock());
        }

        return (TBlock)Blocks[^1];
    }
}

/// <summary>A run of one kind of content.</summary>
internal abstract class AnswerBlock
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>The content as plain UTF-8.</summary>
    public ReadOnlySpan<byte> Utf8 => _bytes.AsSpan(0, _length);

    public override string ToString() => Encoding.UTF8.GetString(Utf8);

    internal void Add(ReadOnlySpan<byte> more)
    {
        if (_length + more.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_length + more.Length, _bytes.Length * 2));
        }

        more.CopyTo(_bytes.AsSpan(_length));
        _length += more.Length;
    }
}

internal sealed class TextBlock : AnswerBlock;

internal sealed class RefusalBlock : AnswerBlock;

internal sealed class ReasoningBlock : AnswerBlock
{
    public string? Signature { get; set; }

    /// <summary>Set when only the provider can read it; the text is then empty.</summary>
    public string? Redacted { get; init; }
}

/// <summary>A call; its content is the arguments' JSON text, which may be empty for none.</summary>
internal sealed class ToolCallBlock(string id, string name) : AnswerBlock
{
    public string Id { get; } = id;

    public string Name { get; } = name;

    public string? Signature { get; set; }
}
