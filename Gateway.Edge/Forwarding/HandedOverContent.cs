using System.Net;
using Gateway.Edge.Budgets;

namespace Gateway.Edge.Forwarding;

/// <summary>A body with which a Router takes over what the request holds: without it a Router can send nothing on, and with it we cannot know.</summary>
internal sealed class HandedOverContent(ReadOnlyMemory<byte> body, HeldAdmission held) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        held.IsTaken = true;
        return stream.WriteAsync(body, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
