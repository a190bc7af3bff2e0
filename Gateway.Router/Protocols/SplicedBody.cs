using System.Net;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Protocols;

/// <summary>
/// A request body made of runs of the client's bytes with at most two replacements between them, and without the members that steer the
/// gateway alone; nothing is copied. As content it knows its length, so that head and body leave in one send where they fit.
/// </summary>
internal sealed class SplicedBody : UpstreamBody
{
    private readonly RequestBody _source;
    private readonly Splice _first;
    private readonly Splice _second;

    // All of them in order; null where there are only the two.
    private readonly Splice[]? _all;

    /// <param name="source">The client's bytes.</param>
    /// <param name="first">The replacement nearer to the start.</param>
    /// <param name="second">The other one; may not overlap.</param>
    /// <param name="ownMembers">Members that no upstream sees, as <see cref="RequestFacts.OwnMembers"/>; null for none.</param>
    public SplicedBody(RequestBody source, Splice first, Splice second, IReadOnlyList<ByteRange>? ownMembers = null)
    {
        _source = source;
        (_first, _second) = first.Start <= second.Start ? (first, second) : (second, first);
        if (ownMembers is null)
        {
            Length = source.Length - _first.Removed + _first.Text.Length - _second.Removed + _second.Text.Length;
            if (_first.End > _second.Start || _second.End > source.Length)
            {
                throw Overlap();
            }

            return;
        }

        _all = Ordered([.. OwnMemberCuts.Of(source.Span, ownMembers), _first, _second]);
        Length = LengthOf(source, _all);
    }

    private SplicedBody(RequestBody source, Splice[] all)
    {
        (_source, _all) = (source, all);
        Length = LengthOf(source, all);
    }

    public override int Length { get; }

    /// <summary>What the replacements are made in.</summary>
    public RequestBody Source => _source;

    /// <summary>The same with one more replacement.</summary>
    public SplicedBody With(Splice other) => other == Splice.None ? this : new(_source, Ordered([.. _all ?? [_first, _second], other]));

    /// <summary>The client's JSON with the upstream's name for the model, and without the members that steer the gateway alone.</summary>
    /// <param name="exchange">Its body and facts.</param>
    /// <param name="deployment">Whose name it is.</param>
    /// <param name="other">One more replacement.</param>
    public static SplicedBody ForModel(LlmExchange exchange, Deployment deployment, Splice other = default)
    {
        var facts = exchange.Facts;
        var token = facts.ModelToken;
        var model = token.Length > 0 ? new Splice(token.Start, token.Length, deployment.ModelJson)
            : new Splice(facts.FirstMemberOffset, 0, (byte[])[.. "\"model\":"u8, .. deployment.ModelJson, (byte)',']);

        // A splice that changes nothing stands behind the model, so that the two never overlap.
        return new SplicedBody(exchange.Body, model, other == default ? new Splice(model.End, 0, default) : other, facts.OwnMembers);
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        WasSent = true;
        _source.BeginRead();
        try
        {
            var bytes = _source.Memory;
            if (_all is not null)
            {
                await WriteAllAsync(stream, bytes, _all, cancellationToken);
                return;
            }

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

    // Insertions stand before what is cut at the same place: a stable order, and they have no length of their own.
    private static Splice[] Ordered(Splice[] splices) => [.. splices.OrderBy(static splice => splice.Start).ThenBy(static splice => splice.Removed)];

    private static int LengthOf(RequestBody source, Splice[] splices)
    {
        var length = source.Length;
        var end = 0;
        foreach (var splice in splices)
        {
            if (splice.Start < end || splice.End > source.Length)
            {
                throw Overlap();
            }

            end = splice.End;
            length += splice.Text.Length - splice.Removed;
        }

        return length;
    }

    private static async ValueTask WriteAllAsync(Stream stream, ReadOnlyMemory<byte> bytes, Splice[] splices, CancellationToken cancellationToken)
    {
        var copied = 0;
        foreach (var splice in splices)
        {
            await WriteAsync(stream, bytes[copied..splice.Start], cancellationToken);
            await WriteAsync(stream, splice.Text, cancellationToken);
            copied = splice.End;
        }

        await WriteAsync(stream, bytes[copied..], cancellationToken);
    }

    private static ValueTask WriteAsync(Stream stream, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        bytes.IsEmpty ? ValueTask.CompletedTask : stream.WriteAsync(bytes, cancellationToken);

    private static ArgumentException Overlap() => new("The replacements overlap or lie outside the body.");
}

/// <summary>Puts <paramref name="Text"/> in the place of <paramref name="Removed"/> bytes from <paramref name="Start"/>.</summary>
internal readonly record struct Splice(int Start, int Removed, ReadOnlyMemory<byte> Text)
{
    public int End => Start + Removed;

    /// <summary>Changes nothing.</summary>
    public static Splice None => default;
}
