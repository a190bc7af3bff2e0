using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Endpoints;

public sealed class InputRuleTests(EdgeFixture rig) : IClassFixture<EdgeFixture>
{
    [Theory]
    [InlineData("{\"model\":\"gpt-4o\",\"messages\":[", null)]
    [InlineData("[]", null)]
    [InlineData("", null)]
    [InlineData("{\"model\":7,\"messages\":[{}]}", "model")]
    [InlineData("{\"model\":\"gpt-4o\",\"model\":\"gpt-4o-mini\",\"messages\":[{}]}", "model")]
    [InlineData("{\"model\":\"gpt-4o\",\"Model\":\"gpt-4o-mini\",\"messages\":[{}]}", "model")]
    [InlineData("{\"model\":\"gpt-4o\",\"stream\":\"yes\",\"messages\":[{}]}", "stream")]
    [InlineData("{\"model\":\"gpt-4o\",\"max_tokens\":-1,\"messages\":[{}]}", "max_tokens")]
    [InlineData("{\"model\":\"gpt-4o\"}", "messages")]
    public async Task Body_ThatCannotBeTrusted_Is400_NamingTheField(string body, string? param)
    {
        using var client = rig.Edge.Client();
        using var content = EdgeServer.Json(body);

        using var response = await client.PostAsync(EdgeServer.Chat, content);

        await EdgeServer.AssertErrorAsync(response, 400, "invalid_request", param);
        Assert.Equal(0, rig.Router.Waiting);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/jsonx")]
    [InlineData("application/json; boundary=x")]
    [InlineData("multipart/form-data")]
    public async Task ContentType_OtherThanJson_Is415(string? type)
    {
        using var client = rig.Edge.Client();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(EdgeServer.ChatBody));
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);

        using var response = await client.PostAsync(EdgeServer.Chat, content);

        Assert.Contains("application/json", await EdgeServer.AssertErrorAsync(response, 415, "unsupported_media_type"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompressedBody_Is415()
    {
        using var client = rig.Edge.Client();
        using var content = EdgeServer.Json(EdgeServer.ChatBody);
        content.Headers.ContentEncoding.Add("gzip");

        using var response = await client.PostAsync(EdgeServer.Chat, content);

        Assert.Contains("Content-Encoding", await EdgeServer.AssertErrorAsync(response, 415, "unsupported_media_type"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?alt=sse")]
    [InlineData("?key=gw-test-key&model=x")]
    [InlineData("?stream=true")]
    public async Task QueryParameters_OnLlmEndpoints_Are400(string query)
    {
        using var client = rig.Edge.Client();
        using var content = EdgeServer.Json(EdgeServer.ChatBody);

        using var response = await client.PostAsync(EdgeServer.Chat + query, content);

        Assert.Contains("query", await EdgeServer.AssertErrorAsync(response, 400, "invalid_request"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BodyOverTheLimit_Is413_NamingTheLimit(bool chunked)
    {
        using var client = rig.Edge.Client();
        using var content = EdgeServer.Json($$"""{"model":"gpt-4o","messages":[{"role":"user","content":"{{new string('x', 1024 * 1024)}}"}]}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, EdgeServer.Chat) { Content = content };
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await client.SendAsync(request);

        Assert.Contains("1 MiB", await EdgeServer.AssertErrorAsync(response, 413, "request_too_large"), StringComparison.Ordinal);
        Assert.True(response.Headers.ConnectionClose);
        Assert.Equal(0, rig.Router.Waiting);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BodyOverTheLimit_OfAClientThatReadsOnlyWhenAllIsSent_Still413(bool chunked)
    {
        // Far more than the sockets hold between them, so that an early close meets a client that is still sending.
        const int Length = 24 * 1024 * 1024;
        var framing = chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {Length}";
        var body = new string('x', Length);

        var answer = await RawAsync($"POST {EdgeServer.Chat} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {EdgeServer.Key}\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"
            + (chunked ? $"{Length:x}\r\n{body}\r\n0\r\n\r\n" : body));

        Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
        Assert.Contains("1 MiB", answer, StringComparison.Ordinal);
        Assert.Equal(0, rig.Router.Waiting);
    }

    [Fact]
    public async Task BodyOfExactlyTheLimit_IsServed()
    {
        const string Around = """{"model":"gpt-4o","messages":[""]}""";
        using var client = rig.Edge.Client();
        using var content = EdgeServer.Json(Around.Replace("\"\"", $"\"{new string('x', (1024 * 1024) - Around.Length)}\"", StringComparison.Ordinal));
        Assert.Equal(1024 * 1024, content.Headers.ContentLength);

        using var response = await client.PostAsync(EdgeServer.Chat, content);

        Assert.Equal(200, (int)response.StatusCode);
        await rig.Router.NextAsync();
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "HTTP/1.1", "both Content-Length and Transfer-Encoding")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "HTTP/1.1", "both Content-Length and Transfer-Encoding")]
    [InlineData("Content-Length: 0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n", "HTTP/1.1", "Upgrade")]
    [InlineData("Content-Length: +5\r\n", "HTTP/1.1", null)]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n", "HTTP/1.1", null)]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n", "HTTP/1.1", null)]
    [InlineData("Transfer-Encoding: xchunked\r\n", "HTTP/1.1", null)]
    [InlineData("Transfer-Encoding: chunked\r\n", "HTTP/1.0", null)]
    public async Task AmbiguousFraming_Is400(string headers, string version, string? advice)
    {
        var answer = await RawAsync($"POST {EdgeServer.Chat} {version}\r\nHost: x\r\nAuthorization: Bearer {EdgeServer.Key}\r\nContent-Type: application/json\r\n{headers}\r\n0\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 4", answer, StringComparison.Ordinal);
        if (advice is not null)
        {
            Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
            Assert.Contains(advice, answer, StringComparison.Ordinal);
        }

        Assert.Equal(0, rig.Router.Waiting);
    }

    [Fact]
    public async Task BodyShorterThanItSays_NeverReachesTheRouter()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, rig.Edge.Url.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {EdgeServer.Chat} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {EdgeServer.Key}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{EdgeServer.ChatBody}"));
        socket.Client.Shutdown(SocketShutdown.Send);

        var answer = new byte[4096];
        try
        {
            var read = await stream.ReadAsync(answer).AsTask().WaitAsync(EdgeServer.Patience);
            Assert.True(read == 0 || answer.AsSpan().StartsWith("HTTP/1.1 400"u8), Encoding.ASCII.GetString(answer));
        }
        catch (IOException)
        {
            // A reset says it too.
        }

        Assert.Equal(0, rig.Router.Waiting);
    }

    private async Task<string> RawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, rig.Edge.Url.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        while (!answer.ToString().Contains("\r\n0\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer).AsTask().WaitAsync(EdgeServer.Patience);
            if (read == 0)
            {
                break;
            }

            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
            if (answer.ToString().Contains("Content-Length: 0\r\n", StringComparison.Ordinal))
            {
                break;
            }
        }

        return answer.ToString();
    }
}
