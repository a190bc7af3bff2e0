using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Streaming;

namespace Gateway.Router.Tests.Translating;

/// <summary>How a stream ended for its decoder.</summary>
internal enum DecodedEnd
{
    /// <summary>The protocol's end marker, or a clean end after a finish reason.</summary>
    Normal,

    /// <summary>The upstream said an error.</summary>
    Error,

    /// <summary>Cut: no normal end may be told.</summary>
    Broken,
}

/// <summary>Runs streams and documents through decoders as the relay does, without a network.</summary>
internal static class Decoding
{
    /// <param name="cuts">Lengths of the pieces in which the bytes come; the last piece is the rest.</param>
    public static DecodedEnd Stream(IUpstreamProtocol protocol, IAnswerDecoder decoder, ReadOnlySpan<byte> stream, IAnswerSink sink, params IEnumerable<int> cuts)
    {
        var framer = new Framer(protocol.Frames);
        var held = new List<byte>();
        using var lengths = cuts.GetEnumerator();
        while (!stream.IsEmpty)
        {
            var piece = stream[..Math.Min(stream.Length, lengths.MoveNext() ? Math.Max(lengths.Current, 1) : stream.Length)];
            stream = stream[piece.Length..];
            int length;
            while ((length = framer.FindEnd(piece)) >= 0)
            {
                held.AddRange(piece[..length]);
                piece = piece[length..];
                var kind = decoder.Decode([.. held], sink);
                held.Clear();
                if (kind is EventKind.Done or EventKind.Error)
                {
                    return kind == EventKind.Done ? DecodedEnd.Normal : DecodedEnd.Error;
                }
            }

            held.AddRange(piece);
        }

        byte[] rest = [.. held];
        if (!decoder.IsWholeEvent(rest))
        {
            return DecodedEnd.Broken;
        }

        var last = rest.Length == 0 ? EventKind.Silence : decoder.Decode(rest, sink);
        return last == EventKind.Error ? DecodedEnd.Error : last == EventKind.Done || decoder.IsFinished ? DecodedEnd.Normal : DecodedEnd.Broken;
    }

    /// <summary>One byte at a time.</summary>
    public static IEnumerable<int> ByteByByte()
    {
        while (true)
        {
            yield return 1;
        }
    }
}
