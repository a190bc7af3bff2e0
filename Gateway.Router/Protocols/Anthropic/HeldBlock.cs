using System.Buffers;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>A block that waits until the call before it ends: Anthropic's blocks never overlap, calls of other protocols may.</summary>
internal sealed class HeldBlock(BlockKind kind, int tool = -1)
{
    private readonly ArrayBufferWriter<byte> _content = new();

    public BlockKind Kind { get; } = kind;

    /// <summary>Number of the call; -1 for what is none.</summary>
    public int Tool { get; } = tool;

    public byte[] Id { get; init; } = [];

    public byte[] Name { get; init; } = [];

    /// <summary>Of a call or of thinking; null while there is none.</summary>
    public byte[]? Signature { get; set; }

    /// <summary>Nothing more will come.</summary>
    public bool HasEnded { get; set; }

    public ReadOnlySpan<byte> Content => _content.WrittenSpan;

    public void Append(ReadOnlySpan<byte> bytes) => _content.Write(bytes);
}
