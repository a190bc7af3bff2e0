using System.Text;
using Gateway.Rig.History;

namespace Gateway.EndToEnd.Tests.History;

/// <summary>What the client of the scenarios makes of an answer.</summary>
public sealed class AnswerReaderTests
{
    private const string Chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"é🙂\"},\"finish_reason\":null}]}\n\n";
    private const string Last = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    private const string Done = "data: [DONE]\n\n";
    private const string Error = "data: {\"error\":{\"message\":\"x\",\"type\":\"server_error\",\"code\":\"upstream_error\"}}\n\n";

    [Theory]
    [InlineData("\n", 1)]
    [InlineData("\r\n", 1)]
    [InlineData("\r", 1)]
    [InlineData("\r\n", 4096)]
    public void Stream_InPiecesAndWithAnyLineEnd_IsRead(string lineEnd, int piece)
    {
        var reader = Read((": hi\n\n" + Chunk + Chunk + Last + Done).Replace("\n", lineEnd, StringComparison.Ordinal), piece);

        Assert.Equal(("é🙂é🙂", 2, 1, 0, 0, false, "stop"), (reader.Text, reader.Pieces, reader.Terminals, reader.Errors, reader.BadFrames, reader.SpokeAfterEnd, reader.FinishReason));
    }

    [Theory]
    [InlineData(Chunk + Error, 0, 1, 0, false)]
    [InlineData(Chunk + Error + Done, 1, 1, 0, true)]
    [InlineData(Chunk + Done + Chunk, 1, 0, 0, true)]
    [InlineData(Chunk + Error + Error, 0, 2, 0, true)]
    [InlineData("data: {\"choices\":[{\n\n", 0, 0, 1, false)]
    [InlineData("hello\n\n", 0, 0, 1, false)]
    [InlineData("data: [DONE]\n", 0, 0, 1, false)]
    [InlineData("data: [DO", 0, 0, 1, false)]
    public void Stream_ThatIsNotRight_IsCounted(string stream, int terminals, int errors, int bad, bool after)
    {
        var reader = Read(stream, 4096);

        Assert.Equal((terminals, errors, bad, after), (reader.Terminals, reader.Errors, reader.BadFrames, reader.SpokeAfterEnd));
    }

    [Fact]
    public void Messages_AreRead()
    {
        var reader = new AnswerReader(ClientProtocol.Anthropic);
        reader.Stream(Encoding.UTF8.GetBytes("""
            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}

            event: message_stop
            data: {"type":"message_stop"}


            """));
        reader.End();

        Assert.Equal(("hi", "end_turn", 1, 0, 0), (reader.Text, reader.FinishReason, reader.Terminals, reader.Errors, reader.BadFrames));
    }

    [Theory]
    [InlineData("""{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}""", true, 1, 0, 0)]
    [InlineData("""{"error":{"code":"overloaded"}}""", false, 0, 1, 0)]
    [InlineData("""<html>""", false, 0, 0, 1)]
    [InlineData("""{"choices":[{"mess""", true, 0, 0, 1)]
    public void WholeAnswer_IsRead(string body, bool good, int terminals, int errors, int bad)
    {
        var reader = new AnswerReader(ClientProtocol.OpenAI);
        reader.Whole(Encoding.UTF8.GetBytes(body), good);

        Assert.Equal((terminals, errors, bad), (reader.Terminals, reader.Errors, reader.BadFrames));
    }

    private static AnswerReader Read(string stream, int piece)
    {
        var reader = new AnswerReader(ClientProtocol.OpenAI);
        foreach (var bytes in Encoding.UTF8.GetBytes(stream).Chunk(piece))
        {
            reader.Stream(bytes);
        }

        reader.End();
        return reader;
    }
}
