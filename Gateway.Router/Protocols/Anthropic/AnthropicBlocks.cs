namespace Gateway.Router.Protocols.Anthropic;

internal enum BlockKind
{
    Text,
    Thinking,
    Tool,

    /// <summary>The call of the tool that stands for an output format: its arguments are text.</summary>
    Output,

    /// <summary>What only Anthropic has, such as the calls of its own tools.</summary>
    Skipped,
}

/// <summary>A content block that was started and not stopped.</summary>
internal sealed class OpenBlock(long index, BlockKind kind)
{
    public long Index { get; } = index;

    public BlockKind Kind { get; } = kind;

    /// <summary>The how-manieth call it is.</summary>
    public int Tool { get; init; }

    /// <summary>Arguments that stood in the start already; empty when there were none.</summary>
    public byte[] Input { get; init; } = [];

    /// <summary>Arguments came as deltas: then those of the start are the same again.</summary>
    public bool HasArguments { get; set; }
}
