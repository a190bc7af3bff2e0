using System.Net;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Protocols;

/// <summary>
/// A request body made of runs of the client's bytes with at most two replacements between them; nothing is copied. As
/// content it knows its length, so that head and body leave in one send where they fit.
/// </summary>
internal sealed class SplicedBody : UpstreamBody
{
    private readonly RequestBody _source;
    private readonly Splice _first;
    private readonly Splice _second;

    /// <param name="source">The client's bytes.</param>
    /// <param name="first">The replacement nearer to the start.</param>
    /// <param name="second">The other one; may not overlap.</param>
    public SplicedBody(RequestBody source, Splice first, Splice second)
    {
        (_first, _second) = first.Start <= second.Start ? (first, second) : (second, first);
        if (_first.End > _second.Start || _second.End > source.Length)
        {
            throw new ArgumentException("The replacements overlap or lie outside the body.");
        }

        _source = source;
        Length = source.Length - _first.Removed + _first.Text.Length - _second.Removed + _second.Text.Length;
    }

    public override int Length { get; }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        WasSent = true;
        _source.BeginRead();
        try
        {
            var bytes = _source.Memory;
            await WriteAsync(stream, bytes[.._first.Start], cancellationToken);
            await WriteAsync(stream, _first.Text, cancellationToken);
            await WriteAsync(stream, bytes[_first.End.._second.Start], cancellationToken);
            await WriteAsync(stream, _second.Text, cancellationToken);
            await WriteAsync(stream, bytes[_second.End..], cancellationToken);
        }
        finally
        {
            _source.EndRead();
        }
    }

    private static ValueTask WriteAsync(Stream stream, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        bytes.IsEmpty ? ValueTask.CompletedTask : stream.WriteAsync(bytes, cancellationToken);
}

/// <summary>Puts <paramref name="Text"/> in the place of <paramref name="Removed"/> bytes from <paramref name="Start"/>.</summary>
internal readonly record struct Splice(int Start, int Removed, ReadOnlyMemory<byte> Text)
{
    public int End => Start + Removed;

    /// <summary>Changes nothing.</summary>
    public static Splice None => default;
}
