using System.Text;
using Gateway.Router.Streaming;

namespace Gateway.Router.Tests.Streaming;

public sealed class SseFramerTests
{
    public static TheoryData<string, string[]> Streams => new()
    {
        { "data: a\n\ndata: b\n\n", ["a", "b"] },
        { "data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"] },
        { "data: a\r\rdata: b\r\r", ["a", "b"] },
        { "data: a\r\n\ndata: b\n\r\ndata: c\r\r\n", ["a", "b", "c"] },
        { "\uFEFFdata: a\n\ndata: b\n\n", ["a", "b"] },
        { ": ping - 2\n\ndata: a\n\n", ["", "a"] },
        { "event: x\nid: 7\ndata: a\ndata: b\nretry: 5\n\n", ["a\nb"] },
        { "data:a\n\ndata:  b\n\ndata\n\n", ["a", " b", ""] },
        { "data: \u2028\u0085é\n\ndata: 日本\r\n\r\n", ["\u2028\u0085é", "日本"] },
        { "database: no\ndata: yes\n\n", ["yes"] },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Framer_StreamInOnePiece_GivesEachEvent(string stream, string[] expected)
    {
        var frames = Cut([Encoding.UTF8.GetBytes(stream)]);
        Assert.Equal(expected, Data(frames));
        Assert.Equal(stream, Encoding.UTF8.GetString(frames.SelectMany(static frame => frame).ToArray()));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Framer_StreamCutAtEveryOffset_GivesTheSameEvents(string stream, string[] expected)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            Check(bytes, expected, Cut([bytes[..cut], bytes[cut..]]));
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Framer_OneBytePerRead_GivesTheSameEvents(string stream, string[] expected)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        Check(bytes, expected, Cut(bytes.Select(static one => new[] { one })));
    }

    [Fact]
    public void Framer_FrameWithoutEmptyLine_IsNotGivenOut() => Assert.Empty(Cut(["data: a\n"u8.ToArray()], withRest: false));

    [Fact]
    public void Framer_FrameEndsWithCarriageReturn_IsGivenOutBeforeTheNextByte() =>
        Assert.Single(Cut(["data: a\r\n\r"u8.ToArray()], withRest: false));

    private static void Check(byte[] stream, string[] expected, List<byte[]> frames)
    {
        // The LF of a cut CRLF opens the next frame, or stands alone at the end: no event is made of it, and no byte is lost.
        Assert.Equal(expected, Data(frames.Where(static frame => !frame.AsSpan().SequenceEqual("\n"u8)).ToList()));
        Assert.Equal(stream, frames.SelectMany(static frame => frame).ToArray());
    }

    private static List<byte[]> Cut(IEnumerable<byte[]> pieces, bool withRest = true)
    {
        var framer = default(SseFramer);
        var frames = new List<byte[]>();
        var pending = new List<byte>();
        foreach (var piece in pieces)
        {
            var rest = piece.AsSpan();
            int length;
            while ((length = framer.FindEnd(rest)) >= 0)
            {
                frames.Add([.. pending, .. rest[..length]]);
                pending.Clear();
                rest = rest[length..];
            }

            pending.AddRange(rest);
        }

        if (withRest && pending.Count > 0)
        {
            frames.Add([.. pending]);
        }

        return frames;
    }

    private static string[] Data(List<byte[]> frames) => [.. frames.Select(static frame =>
    {
        var data = SseFrame.Data(frame, out var joined);
        return Encoding.UTF8.GetString(joined ?? data);
    })];
}
