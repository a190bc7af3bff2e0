using System.Net;

namespace Gateway.Router.Protocols;

/// <summary>The body of a call to an upstream. Knows whether the upstream may have seen a part of it.</summary>
internal abstract class UpstreamBody : HttpContent
{
    /// <summary>Length in bytes.</summary>
    public abstract int Length { get; }

    /// <summary>Whether a connection has begun to take the bytes: from then on the upstream may have seen the request.</summary>
    public bool WasSent { get; protected set; }

    protected override bool TryComputeLength(out long length)
    {
        length = Length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);
}

/// <summary>A body that was written anew.</summary>
internal sealed class WrittenBody(ReadOnlyMemory<byte> bytes) : UpstreamBody
{
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    public override int Length => Bytes.Length;

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        WasSent = true;
        await stream.WriteAsync(Bytes, cancellationToken);
    }
}
