using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Endpoints;

/// <summary>
/// What two readers of one connection could frame differently, over a bare socket. Each request would be served if it were not for the one thing that is wrong with it.
/// </summary>
public sealed class RawFramingTests(EdgeFixture rig) : IClassFixture<EdgeFixture>
{
    private static readonly int Length = Encoding.ASCII.GetByteCount(EdgeServer.ChatBody);
    private static readonly string Chunked = $"{Length:x}\r\n{EdgeServer.ChatBody}\r\n0\r\n\r\n";

    [Theory]
    [InlineData("length")]
    [InlineData("chunked")]
    [InlineData("chunked in two")]
    [InlineData("1.0")]
    public async Task GoodFraming_IsServed(string kind)
    {
        var answer = kind switch
        {
            "length" => await SendAsync($"Content-Length: {Length}", EdgeServer.ChatBody),
            "chunked" => await SendAsync("Transfer-Encoding: chunked", Chunked),
            "chunked in two" => await SendAsync("Transfer-Encoding: chunked", $"1\r\n{EdgeServer.ChatBody[..1]}\r\n{Length - 1:x}\r\n{EdgeServer.ChatBody[1..]}\r\n0\r\n\r\n"),
            _ => await SendAsync($"Content-Length: {Length}", EdgeServer.ChatBody, version: "HTTP/1.0"),
        };

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        await rig.Router.NextAsync();
    }

    [Theory]
    [InlineData("Content-Length: {0}\r\nTransfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: {0}")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 0")]
    [InlineData("transfer-encoding: CHUNKED\r\ncontent-length: {0}")]
    public async Task LengthAndChunks_Is400_AndTheConnectionEnds(string framing)
    {
        var answer = await SendAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, framing, Length), Chunked, keep: true);

        AssertRefused(answer, "both Content-Length and Transfer-Encoding");
    }

    [Theory]
    [InlineData("+{0}")]
    [InlineData("-{0}")]
    [InlineData("0x{0}")]
    [InlineData("{0}.0")]
    [InlineData("{0}, {0}")]
    [InlineData("{0} {0}")]
    [InlineData("{0}\r\nContent-Length: {0}1")]
    [InlineData("{0}\r\nContent-Length: {0}")]
    [InlineData("99999999999999999999")]
    public async Task LengthThatIsNoNumberOfDigits_Is400(string length) =>
        AssertRefused(await SendAsync($"Content-Length: {string.Format(System.Globalization.CultureInfo.InvariantCulture, length, Length)}", EdgeServer.ChatBody), says: null);

    [Fact]
    public async Task Chunks_InHttp10_Are400_AndTheConnectionEnds() =>
        AssertRefused(await SendAsync("Transfer-Encoding: chunked", Chunked, version: "HTTP/1.0", keep: true), "HTTP/1.0");

    [Theory]
    [InlineData("gzip, chunked")]
    [InlineData("chunked, chunked")]
    [InlineData("chunked, identity")]
    [InlineData("identity")]
    [InlineData("xchunked")]
    [InlineData("chunked\r\nTransfer-Encoding: identity")]
    public async Task OtherTransferEncodings_Are400(string encoding) => AssertRefused(await SendAsync($"Transfer-Encoding: {encoding}", Chunked), says: null);

    [Theory]
    [InlineData("websocket")]
    [InlineData("h2c")]
    public async Task Upgrade_Is400(string protocol) =>
        AssertRefused(await SendAsync($"Content-Length: {Length}\r\nConnection: upgrade, close\r\nUpgrade: {protocol}", EdgeServer.ChatBody), "Upgrade");

    [Theory]
    [InlineData("?model=other")]
    [InlineData("?stream=true")]
    [InlineData("?x")]
    [InlineData("?beta=true&model=other")]
    public async Task QueryString_OnAChatRoute_Is400(string query) =>
        AssertRefused(await SendAsync($"Content-Length: {Length}", EdgeServer.ChatBody, path: EdgeServer.Chat + query), "query parameters");

    [Theory]
    [InlineData("Content-Length : {0}")]
    [InlineData(" Content-Length: {0}")]
    [InlineData("X: y\r\n z: folded\r\nContent-Length: {0}")]
    [InlineData("X: a\0b\r\nContent-Length: {0}")]
    [InlineData("X: a\nTransfer-Encoding: chunked\r\nContent-Length: {0}")]
    public async Task HeadersThatReadersSplitDifferently_Are400(string headers) =>
        AssertRefused(await SendAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, headers, Length), EdgeServer.ChatBody), says: null);

    [Theory]
    [InlineData("Content-Type: text/plain")]
    [InlineData("Content-Type: application/json")]
    public async Task SecondContentType_Is415(string second)
    {
        var answer = await SendAsync($"Content-Length: {Length}\r\n{second}", EdgeServer.ChatBody);

        Assert.StartsWith("HTTP/1.1 415", answer, StringComparison.Ordinal);
        Assert.Equal(0, rig.Router.Waiting);
    }

    private void AssertRefused(string answer, string? says)
    {
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains(says ?? "", answer, StringComparison.Ordinal);
        Assert.Equal(0, rig.Router.Waiting);
    }

    /// <param name="keep">Asks for the connection to stay, so that its end is the server's word.</param>
    /// <returns>All that came until the server ended the connection.</returns>
    private async Task<string> SendAsync(string framing, string body, string version = "HTTP/1.1", string path = EdgeServer.Chat, bool keep = false)
    {
        // What another test let pass is not this one's.
        while (rig.Router.Waiting > 0)
        {
            await rig.Router.NextAsync();
        }

        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, rig.Edge.Url.Port);
        var stream = socket.GetStream();
        var connection = keep ? version == "HTTP/1.0" ? "Connection: keep-alive\r\n" : "" : framing.Contains("Connection:", StringComparison.Ordinal) ? "" : "Connection: close\r\n";
        await stream.WriteAsync(Encoding.Latin1.GetBytes(
            $"POST {path} {version}\r\nHost: edge\r\nAuthorization: Bearer {EdgeServer.Key}\r\nContent-Type: application/json\r\n{connection}{framing}\r\n\r\n{body}"));
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer).AsTask().WaitAsync(EdgeServer.Patience)) > 0)
            {
                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // A reset after the answer ends the connection too.
        }

        return answer.ToString();
    }
}
