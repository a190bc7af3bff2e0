using System.IO.Compression;
using System.Net;
using System.Text;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Router.Tests.Attempts;

public sealed class PlainAnswerTests
{
    [Fact]
    public async Task Answer_Small_CarriesItsCostInTheHeadAndItsUsageInTheLedger()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(Requests.Answer, await response.Content.ReadAsStringAsync());
        Assert.Equal(Requests.Answer.Length, response.Content.Headers.ContentLength);
        Assert.Equal("0.00007", Assert.Single(response.Headers.GetValues("x-gateway-cost-usd")));
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((10L, 5L, 70_000L, "real-model-1", "up/real-model"), (final.Usage.Input, final.Usage.Output, final.CostNanoUsd, final.AnsweredModel, final.Intent.Deployment));
        Assert.Equal(("demo", "research", "gpt-test"), (final.Intent.KeyId, final.Intent.Team, final.Intent.RequestedModel));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answer_Large_IsStreamedWhole(bool withLength)
    {
        var large = Large();
        await using var upstream = await UpstreamServer.StartAsync(context => WriteInPiecesAsync(context, large, withLength ? large.Length : null));
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        // Asked before the body is read: reading it makes HttpClient count it.
        Assert.Equal(withLength ? large.Length : null, response.Content.Headers.ContentLength);
        Assert.Equal(large, await response.Content.ReadAsByteArrayAsync());
        Assert.Equal((10L, 5L), (router.Journal.Finals[0].Usage.Input, router.Journal.Finals[0].Usage.Output));
    }

    [Fact]
    public async Task Answer_LargeAndFinalIsNotWrittenYet_ItsLastByteWaits()
    {
        var large = Large();
        var written = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(context => WriteInPiecesAsync(context, large, large.Length));
        await using var router = await RouterHost.StartAsync(upstream);
        router.Journal.BeforeFinal = () =>
        {
            asked.SetResult();
            return written.Task;
        };
        using var response = await router.SendAsync(Requests.Plain);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var received = new byte[large.Length];

        await stream.ReadExactlyAsync(received.AsMemory(0, large.Length - 1));
        await asked.Task.WaitAsync(RouterHost.Patience);
        var last = stream.ReadAsync(received.AsMemory(large.Length - 1)).AsTask();
        await router.RoundTripsAsync();
        Assert.False(last.IsCompleted);
        written.SetResult();

        Assert.Equal(1, await last.WaitAsync(RouterHost.Patience));
        Assert.Equal(large, received);
    }

    [Fact]
    public async Task Answer_SmallAndFinalIsNotWrittenYet_NothingIsSent()
    {
        var written = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);
        router.Journal.BeforeFinal = () =>
        {
            asked.SetResult();
            return written.Task;
        };

        var pending = router.SendAsync(Requests.Plain);
        await asked.Task.WaitAsync(RouterHost.Patience);
        await router.RoundTripsAsync();
        Assert.False(pending.IsCompleted);
        written.SetResult();

        using var response = await pending;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Answer_SmallAndCut_ClientGets502()
    {
        await using var upstream = await UpstreamServer.StartAsync(static async context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = Requests.Answer.Length;
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(Requests.Answer[..50]));
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("\"upstream_invalid_response\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((RequestEnding.UpstreamFailed, 502), (final.Ending, final.Status));
        Assert.Equal(UsageFlags.Estimated | UsageFlags.Incomplete, final.Flags);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answer_LargeAndCut_ClientNeverSeesACleanEnd(bool withLength)
    {
        var large = Large();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await WriteInPiecesAsync(context, large[..(large.Length / 2)], withLength ? large.Length : null);
            context.Abort();
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => response.Content.ReadAsByteArrayAsync());
        Assert.Equal(RequestEnding.UpstreamFailed, (await router.Journal.FirstFinalAsync()).Ending);
        Assert.Single(router.Journal.Finals);
    }

    [Theory]
    [InlineData(false, 200)]
    [InlineData(true, 502)]
    public async Task Answer_EndsWithItsConnection_OnlyAWholeDocumentIsAnAnswer(bool cut, int status)
    {
        await using var upstream = await RawServer.StartAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + (cut ? Requests.Answer[..^20] : Requests.Answer));
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url));

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(cut ? RequestEnding.UpstreamFailed : RequestEnding.Completed, Assert.Single(router.Journal.Finals).Ending);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task Answer_CompressedThoughNotAsked_IsDecodedAndMetered(string encoding)
    {
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.Headers.ContentEncoding = encoding;
            await using Stream output = encoding switch
            {
                "gzip" => new GZipStream(context.Response.Body, CompressionMode.Compress),
                "br" => new BrotliStream(context.Response.Body, CompressionMode.Compress),
                _ => new ZLibStream(context.Response.Body, CompressionMode.Compress),
            };
            await output.WriteAsync(Encoding.UTF8.GetBytes(Requests.Answer));
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.Equal(Requests.Answer, await response.Content.ReadAsStringAsync());
        Assert.Equal(5, router.Journal.Finals[0].Usage.Output);
    }

    [Fact]
    public async Task Answer_InAnUnknownEncoding_IsChargedByEstimate()
    {
        await using var upstream = await UpstreamServer.StartAsync(static context =>
        {
            context.Response.Headers.ContentEncoding = "zstd";
            return UpstreamServer.WriteJsonAsync(context, Requests.Answer);
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal(((Requests.Plain.Length + 3) / 4, UsageFlags.Estimated | UsageFlags.Incomplete), ((int)final.Usage.Input, final.Flags));
    }

    [Fact]
    public async Task Answer_ErrorInsideA200_PassesAndIsAnUpstreamErrorInTheLedger()
    {
        const string Error = """{"error":{"message":"filtered","code":"content_filter"}}""";
        await using var upstream = await UpstreamServer.StartJsonAsync(Error);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal((HttpStatusCode.OK, Error), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((RequestEnding.UpstreamError, 0L), (final.Ending, final.CostNanoUsd));
        Assert.False(response.Headers.Contains("x-gateway-cost-usd"));
    }

    [Theory]
    [InlineData(301, 502)]
    [InlineData(529, 503)]
    [InlineData(429, 429)]
    [InlineData(404, 404)]
    [InlineData(500, 500)]
    public async Task Answer_ErrorStatus_BecomesTheClientsStatus(int upstreamStatus, int clientStatus)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("""{"error":{"message":"x"}}""", upstreamStatus);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(clientStatus, (int)response.StatusCode);
        Assert.Equal(clientStatus is 429 or 503, response.Headers.RetryAfter is not null);
        Assert.Equal((clientStatus, RequestEnding.UpstreamError, 0L), (router.Journal.Finals[0].Status, router.Journal.Finals[0].Ending, router.Journal.Finals[0].Usage.Input));
    }

    [Theory]
    [InlineData("", 500, "upstream_invalid_response", "status 500 and no readable error")]
    [InlineData("<html><script>{\"error\":{\"a\":1}}</script>cdn.internal.example</html>", 503, "upstream_invalid_response", "status 503 and no readable error")]
    [InlineData("[1]", 429, "upstream_invalid_response", "status 429")]
    [InlineData("""{"detail":"Unknown model"}""", 404, "invalid_request", "status 404: Unknown model")]
    [InlineData("""{"object":"error","message":"too long","code":400}""", 400, "invalid_request", "status 400: too long")]
    public async Task Answer_ErrorInAForeignShape_BecomesAnErrorThatTheClientCanRead(string body, int status, string code, string message)
    {
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "text/html";
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body));
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal((status, "application/json"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        using var error = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(code, error.RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains(message, error.RootElement.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("internal.example", error.RootElement.GetRawText(), StringComparison.Ordinal);
        Assert.Equal((RequestEnding.UpstreamError, status, 0L), (router.Journal.Finals[0].Ending, router.Journal.Finals[0].Status, router.Journal.Finals[0].CostNanoUsd));
    }

    [Fact]
    public async Task Answer_HugeErrorPage_IsNotRelayed()
    {
        await using var upstream = await UpstreamServer.StartAsync(static async context =>
        {
            context.Response.StatusCode = 502;
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("<html>" + new string('x', 500_000)));
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.InRange((await response.Content.ReadAsStringAsync()).Length, 1, 500);
    }

    [Fact]
    public async Task Embeddings_Answer_IsMeteredByItsInput()
    {
        const string Answer = """{"object":"list","data":[{"embedding":[0.1,0.2]}],"model":"e","usage":{"prompt_tokens":8,"total_tokens":8}}""";
        await using var upstream = await UpstreamServer.StartJsonAsync(Answer);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync("""{"model":"gpt-test","input":"hi"}""", LlmEndpoint.Embeddings);

        Assert.Equal(Answer, await response.Content.ReadAsStringAsync());
        Assert.Equal("/v1/embeddings", upstream.Seen[0].Path);
        Assert.Equal((8L, 0L, LlmOperation.Embeddings), (router.Journal.Finals[0].Usage.Input, router.Journal.Finals[0].Usage.Output, router.Journal.Finals[0].Intent.Operation));
    }

    private static byte[] Large() => Encoding.UTF8.GetBytes(Requests.Answer.Replace("hello", new string('h', 300_000), StringComparison.Ordinal));

    private static async Task WriteInPiecesAsync(HttpContext context, byte[] bytes, long? length)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = length;
        for (var at = 0; at < bytes.Length; at += 10_000)
        {
            await context.Response.Body.WriteAsync(bytes.AsMemory(at, Math.Min(10_000, bytes.Length - at)));
            await context.Response.Body.FlushAsync();
        }
    }
}
