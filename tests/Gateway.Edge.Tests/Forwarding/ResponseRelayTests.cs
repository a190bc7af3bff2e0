using System.Text;
using Gateway.Edge.Tests.Rig;
using Microsoft.AspNetCore.Http;

namespace Gateway.Edge.Tests.Forwarding;

public sealed class ResponseRelayTests : IAsyncLifetime
{
    private const string StreamBody = """{"model":"gpt-4o","stream":true,"messages":[{}]}""";

    private FakeService _router = null!;
    private EdgeServer _edge = null!;

    public async Task InitializeAsync()
    {
        _router = await FakeService.StartAsync();
        _edge = await EdgeServer.StartAsync([_router.Url]);
    }

    public async Task DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _router.DisposeAsync();
    }

    [Fact]
    public async Task Answer_CrossesWithItsFacts_AndWithoutWhatIsInternal()
    {
        _router.Answer = static context =>
        {
            var response = context.Response;
            response.StatusCode = 429;
            response.ContentType = "application/json; charset=utf-8";
            response.Headers["x-gateway-deployment"] = "openai/gpt-4o";
            response.Headers["x-gateway-attempts"] = "2";
            response.Headers["x-gateway-context"] = "secret";
            response.Headers["x-gateway-request-id"] = "forged";
            response.Headers.RetryAfter = "7";
            response.Headers.Server = "inner";
            response.Headers["x-inner"] = "1";
            response.Headers.SetCookie = "a=b";
            response.Headers["server-timing"] = "upstream;dur=1.5";
            return response.WriteAsync("{ \"a\" : 1 }");
        };

        using var response = await ChatAsync(EdgeServer.ChatBody);

        Assert.Equal(429, (int)response.StatusCode);
        Assert.Equal("{ \"a\" : 1 }", await response.Content.ReadAsStringAsync());
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.Equal("openai/gpt-4o", Header(response, "x-gateway-deployment"));
        Assert.Equal("2", Header(response, "x-gateway-attempts"));
        Assert.Equal("7", Header(response, "retry-after"));
        Assert.True(Guid.TryParse(Header(response, "x-gateway-request-id"), out _));
        Assert.Matches(@"^gateway;dur=\d+(\.\d+)?, upstream;dur=1\.5$", string.Join(", ", response.Headers.GetValues("server-timing")));
        Assert.DoesNotContain(response.Headers, static header => header.Key.ToLowerInvariant() is "x-gateway-context" or "server" or "x-inner" or "set-cookie");
    }

    [Fact]
    public async Task EmptyAnswer_KeepsItsStatus()
    {
        _router.Answer = static context =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        };

        using var response = await ChatAsync(EdgeServer.ChatBody);

        Assert.Equal(404, (int)response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task BigAnswer_IsWhole()
    {
        var text = string.Concat(Enumerable.Range(0, 100_000).Select(static i => $"{i:D8}\n"));
        _router.Answer = context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = text.Length;
            return context.Response.WriteAsync(text);
        };

        using var response = await ChatAsync(EdgeServer.ChatBody);

        Assert.Equal(text, await response.Content.ReadAsStringAsync());
        Assert.Equal(text.Length, response.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task Stream_EachPieceReachesTheClient_BeforeTheNextIsMade()
    {
        // The router writes a piece only after the client has the one before: a piece held back would stop the test.
        using var got = new SemaphoreSlim(0);
        _router.Answer = async context =>
        {
            context.Response.ContentType = "text/event-stream; charset=utf-8";
            await context.Response.StartAsync();
            for (var i = 0; i < 20; i++)
            {
                await context.Response.WriteAsync($"data: {i}\n\n");
                await context.Response.Body.FlushAsync();
                Assert.True(await got.WaitAsync(EdgeServer.Patience));
            }
        };

        using var response = await ChatAsync(StreamBody, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        using var lines = new StreamReader(stream);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal($"data: {i}", await lines.ReadLineAsync());
            Assert.Equal("", await lines.ReadLineAsync());
            got.Release();
        }

        Assert.Null(await lines.ReadLineAsync());
        Assert.Equal("no-cache", Header(response, "cache-control"));
        Assert.Equal("no", Header(response, "x-accel-buffering"));
    }

    [Fact]
    public async Task Stream_HeadReachesTheClient_BeforeTheFirstEvent()
    {
        using var head = new SemaphoreSlim(0);
        _router.Answer = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.StartAsync();
            await context.Response.Body.FlushAsync();
            Assert.True(await head.WaitAsync(EdgeServer.Patience));
            await context.Response.WriteAsync("data: [DONE]\n\n");
        };

        using var response = await ChatAsync(StreamBody, HttpCompletionOption.ResponseHeadersRead);
        head.Release();

        Assert.Equal("data: [DONE]\n\n", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("data: {\"a\":1}\n\n")]
    [InlineData("data: {\"a\":1}\r\n\r\n")]
    public async Task Stream_BrokenBetweenEvents_EndsWithOneErrorEvent_AndNoDone(string sent)
    {
        _router.Answer = context => WriteAndDieAsync(context, sent);

        using var response = await ChatAsync(StreamBody, HttpCompletionOption.ResponseHeadersRead);
        var text = await response.Content.ReadAsStringAsync();

        Assert.StartsWith(sent, text, StringComparison.Ordinal);
        var rest = text[sent.Length..];
        Assert.StartsWith("data: {\"error\":{", rest, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"service_unavailable\"", rest, StringComparison.Ordinal);
        Assert.EndsWith("}\n\n", rest, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/messages", "{\"model\":\"gpt-4o\",\"max_tokens\":5,\"messages\":[{}]}", "text/event-stream", "event: ping\n\n", "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"")]
    [InlineData("/v1/responses", "{\"model\":\"gpt-4o\",\"input\":\"x\"}", "text/event-stream", "data: {}\n\n", "event: error\ndata: {\"type\":\"error\"")]
    [InlineData("/v1beta/models/gpt-4o:streamGenerateContent?alt=sse", "{\"contents\":[{}]}", "text/event-stream", "data: {}\r\n\r\n", "data: {\"error\":{\"code\":503")]
    [InlineData("/api/chat", "{\"model\":\"gpt-4o\",\"messages\":[{}]}", "application/x-ndjson", "{\"done\":false}\n", "{\"error\":\"")]
    public async Task Stream_OfAnyProtocol_BrokenBetweenEvents_EndsWithItsOwnError(string path, string body, string type, string sent, string error)
    {
        _router.Answer = context =>
        {
            context.Response.ContentType = type;
            return WriteAndDieAsync(context, sent, setType: false);
        };
        using var client = _edge.Client();
        using var request = EdgeServer.Post(path, body);

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var text = await response.Content.ReadAsStringAsync();

        Assert.StartsWith(sent + error, text, StringComparison.Ordinal);
        Assert.EndsWith("}\n", text.Replace("\n\n", "\n", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/x-ndjson", "{\"done\":fal")]
    [InlineData("application/json", "[{}\n")]
    public async Task Stream_OfLines_BrokenInsideALine_BreaksAtTheClientToo(string type, string sent)
    {
        _router.Answer = context =>
        {
            context.Response.ContentType = type;
            return WriteAndDieAsync(context, sent, setType: false);
        };
        using var client = _edge.Client();
        using var request = EdgeServer.Post("/api/chat", "{\"model\":\"gpt-4o\",\"messages\":[{}]}");

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Stream_BrokenBeforeTheFirstEvent_EndsWithOneErrorEvent()
    {
        using var head = new SemaphoreSlim(0);
        _router.Answer = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.StartAsync();
            await context.Response.Body.FlushAsync();
            Assert.True(await head.WaitAsync(EdgeServer.Patience));
            throw new InvalidOperationException("dies");
        };

        using var response = await ChatAsync(StreamBody, HttpCompletionOption.ResponseHeadersRead);
        head.Release();

        Assert.StartsWith("data: {\"error\":{", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data: [DONE]\n\n")]
    [InlineData("data: {\"a\":")]
    [InlineData("data: {\"a\":1}\n")]
    [InlineData("data: 1\n\ndata: 2\r\n")]
    public async Task Stream_BrokenInsideAnEvent_BreaksAtTheClientToo(string sent)
    {
        _router.Answer = context => WriteAndDieAsync(context, sent);

        using var response = await ChatAsync(StreamBody, HttpCompletionOption.ResponseHeadersRead);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task PlainAnswer_BrokenInTheMiddle_BreaksAtTheClientToo()
    {
        _router.Answer = static context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = 1000;
            return WriteAndDieAsync(context, "{\"half\":", setType: false);
        };

        await Assert.ThrowsAnyAsync<HttpRequestException>(async () =>
        {
            using var response = await ChatAsync(EdgeServer.ChatBody, HttpCompletionOption.ResponseHeadersRead);
            await response.Content.ReadAsStringAsync();
        });
    }

    [Fact]
    public async Task Router_DyingBeforeItsAnswer_Is503_AndNotAskedAgain()
    {
        _router.Answer = static context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };

        using var response = await ChatAsync(EdgeServer.ChatBody);

        await EdgeServer.AssertErrorAsync(response, 503, "service_unavailable");
        Assert.Equal("1", Header(response, "retry-after"));
        // Once: the request may have cost money.
        await _router.NextAsync();
        Assert.Equal(0, _router.Waiting);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientAbort_ReachesTheRouterAtOnce(bool inStream)
    {
        // No time passes for the Edge: nothing but the client can tell it.
        await using var edge = await EdgeServer.StartAsync([_router.Url], time: new ManualTime());
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _router.Answer = async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            if (inStream)
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: 1\n\n");
                await context.Response.Body.FlushAsync();
            }

            started.TrySetResult();
            await aborted.Task;
        };

        using var leave = new CancellationTokenSource();
        using var client = edge.Client();
        using var request = EdgeServer.Post(EdgeServer.Chat, StreamBody);
        var sending = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leave.Token);
        await started.Task.WaitAsync(EdgeServer.Patience);
        if (inStream)
        {
            (await sending.WaitAsync(EdgeServer.Patience)).Dispose();
        }
        else
        {
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        }

        await aborted.Task.WaitAsync(EdgeServer.Patience);
    }

    private static async Task WriteAndDieAsync(HttpContext context, string text, bool setType = true)
    {
        if (setType)
        {
            context.Response.ContentType = "text/event-stream";
        }

        await context.Response.StartAsync();
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text));
        await context.Response.Body.FlushAsync();
        // Not Abort: that may overtake what was written. After an exception Kestrel sends what there is and closes without the end.
        throw new InvalidOperationException("dies");
    }

    private async Task<HttpResponseMessage> ChatAsync(string body, HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        using var client = _edge.Client();
        using var request = EdgeServer.Post(EdgeServer.Chat, body);
        return await client.SendAsync(request, completion);
    }

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();
}
