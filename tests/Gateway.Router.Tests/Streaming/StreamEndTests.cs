using System.Net;
using System.Text;
using Gateway.Core.Journal;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Streaming;

/// <summary>The table of protocols.md §5.7: how upstreams end, and what the client then sees.</summary>
public sealed class StreamEndTests
{
    private static readonly string Content = Requests.Delta("Hel") + Requests.Delta("lo");

    public static TheoryData<string, string, string> NormalEnds => new()
    {
        { "marker", Content + Requests.Finish + Requests.Usage + Requests.Done, "" },
        { "no marker", Content + Requests.Finish, "" },
        { "no marker, usage last", Content + Requests.Finish + Requests.Usage, "" },
        { "marker without finish reason", Content + Requests.Done, "" },
        { "marker without its empty line", Content + Requests.Finish + "data: [DONE]\n", "" },
        { "last event without its empty line", Content + Requests.Finish.TrimEnd(), "" },
        { "comments", ": hello\n\n" + Content + ": ping\n\n" + Requests.Finish + ": ping\n\n" + Requests.Done, "" },
        { "carriage returns", (Content + Requests.Finish + Requests.Done).Replace("\n", "\r", StringComparison.Ordinal), "" },
        { "bytes behind the marker", Content + Requests.Finish + Requests.Done + ": bye\n\n", "" },
    };

    [Theory]
    [MemberData(nameof(NormalEnds))]
    public async Task Stream_UpstreamEndsNormally_ClientGetsTheSameBytesAndNoMore(string name, string stream, string added)
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(stream);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.StreamWithUsage);

        Assert.Equal(stream + added, await response.Content.ReadAsStringAsync());
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((RequestEnding.Completed, 200, 2L), (final.Ending, final.Status, stream.Contains("\"usage\"", StringComparison.Ordinal) ? 2L : final.Usage.Output));
        Assert.True(name.Length > 0);
    }

    [Fact]
    public async Task Stream_EndsWithoutFinishReason_ClientGetsOneErrorEventAndNoMarker()
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(Content);
        await using var router = await RouterHost.StartAsync(upstream);
        using var response = await router.SendAsync(Requests.Stream);
        var final = await BrokenAsync(router, response, Content, "upstream_stream_broken");
        Assert.Equal((RequestEnding.UpstreamFailed, 2L, UsageFlags.Estimated | UsageFlags.Incomplete), (final.Ending, final.Usage.Output, final.Flags));
    }

    [Fact]
    public async Task Stream_LastChunkIsCutAfterTheFinishReason_ClientGetsAnErrorAndNotHalfAnEvent()
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(Content + Requests.Finish, Requests.Usage[..40]);
        await using var router = await RouterHost.StartAsync(upstream);
        using var response = await router.SendAsync(Requests.Stream);
        await BrokenAsync(router, response, Content + Requests.Finish, "upstream_stream_broken");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stream_ConnectionIsReset_ClientGetsOneErrorEventAndNoMarker(bool afterFinish)
    {
        var sent = afterFinish ? Content + Requests.Finish : Content;
        var read = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await UpstreamServer.WritePieceAsync(context, sent + "data: {\"half");
            await read.Task;
            context.Abort();
        });
        await using var router = await RouterHost.StartAsync(upstream);
        using var response = await router.SendAsync(Requests.Stream);

        // A reset throws away what is still on its way, so it comes only when the head, and the content with it, has arrived.
        read.SetResult();
        await BrokenAsync(router, response, sent, "upstream_stream_broken");
    }

    [Fact]
    public async Task Stream_UpstreamSendsAnErrorEvent_ItIsForwardedAsItIsAndNothingAfterIt()
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(Content + Requests.Error + Requests.Done);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Stream);

        Assert.Equal(Content + Requests.Error, await response.Content.ReadAsStringAsync());
        Assert.Equal(RequestEnding.UpstreamError, Assert.Single(router.Journal.Finals).Ending);
    }

    [Theory]
    [InlineData("""{"error":{"message":"overloaded","type":"server_error"}}""", 500)]
    [InlineData("""{"error":{"message":"slow down","type":"tokens","code":"rate_limit_exceeded"}}""", 429)]
    [InlineData("""{"error":{"message":"bad","metadata":{"code":500},"code":400}}""", 400)]
    [InlineData("""{"error":{"message":"busy","code":529}}""", 503)]
    [InlineData("""{"error":{"message":"key","code":401}}""", 502)]
    [InlineData("""{"error":"bare"}""", 502)]
    public async Task Stream_BeginsWithAnErrorEvent_ClientGetsARealStatusAndPaysNothing(string error, int status)
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(": working\n\n", "data: " + error + "\n\n" + Requests.Done);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Stream);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(error, await response.Content.ReadAsStringAsync());
        Assert.Equal(status is 429 or 503, response.Headers.RetryAfter is not null);
        Assert.False(response.Headers.Contains("x-accel-buffering"));
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((RequestEnding.UpstreamError, status, 0L, UsageFlags.None), (final.Ending, final.Status, final.CostNanoUsd, final.Flags));
    }

    [Theory]
    [InlineData("")]
    [InlineData(": only comments\n\n")]
    [InlineData("data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n")]
    public async Task Stream_EndsBeforeItsFirstContent_ClientGetsARealStatus(string stream)
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(stream);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Stream);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("\"upstream_stream_broken\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(502, Assert.Single(router.Journal.Finals).Status);
    }

    [Fact]
    public async Task Stream_PreambleIsLongerThanItsBound_WaitsForContentNoLonger()
    {
        var preamble = string.Concat(Enumerable.Repeat("data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{}}]}\n\n", 400));
        Assert.True(preamble.Length > Gateway.Router.Streaming.StreamRelay.MaxHeld);
        var go = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await UpstreamServer.WritePieceAsync(context, preamble);
            await go.Task;
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Stream).WaitAsync(RouterHost.Patience);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        go.SetResult();
        Assert.Contains("upstream_stream_broken", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_IsSilentBeforeItsFirstEvent_NoStatusIsSentYet()
    {
        var go = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await UpstreamServer.WritePieceAsync(context, ": working\n\n");
            await go.Task;
            context.Abort();
        });
        await using var router = await RouterHost.StartAsync(upstream);

        var pending = router.SendAsync(Requests.Stream);
        await router.RoundTripsAsync();
        Assert.False(pending.IsCompleted);
        go.SetResult();
        using var response = await pending;

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
    }

    [Fact]
    public async Task Stream_FrameOfAMegabyte_GoesThrough()
    {
        var stream = Requests.Delta(new string('x', 1_000_000)) + Requests.Finish + Requests.Done;
        await using var upstream = await UpstreamServer.StartStreamAsync(stream);
        await using var router = await RouterHost.StartAsync(upstream);
        using var response = await router.SendAsync(Requests.Stream);
        Assert.Equal(stream, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Stream_FrameOverTheLimit_EndsWithAnErrorEvent()
    {
        await using var upstream = await UpstreamServer.StartAsync(static async context =>
        {
            await UpstreamServer.WritePieceAsync(context, Requests.Delta("a") + "data: ");
            var piece = Encoding.UTF8.GetBytes(new string('x', 64 * 1024));
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(piece);
            }
        });
        await using var router = await RouterHost.StartAsync(upstream);
        using var response = await router.SendAsync(Requests.Stream);
        await BrokenAsync(router, response, Requests.Delta("a"), "upstream_invalid_response");
    }

    [Fact]
    public async Task Stream_ClientDidNotAskForUsage_TheUsageChunkStaysHereAndIsCharged()
    {
        const string Filter = "data: {\"choices\":[],\"model\":\"real-model-1\",\"prompt_filter_results\":[]}\n\n";
        await using var upstream = await UpstreamServer.StartStreamAsync(Filter + Content, Requests.Finish, Requests.Usage[..20], Requests.Usage[20..] + Requests.Done);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Stream);

        Assert.Equal(Filter + Content + Requests.Finish + Requests.Done, await response.Content.ReadAsStringAsync());
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((10L, 5L, UsageFlags.None, 70_000L), (final.Usage.Input, final.Usage.Output, final.Flags, final.CostNanoUsd));
        Assert.Contains("\"include_usage\":true", Assert.Single(upstream.Seen).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_UsageIsNeverReported_IsEstimatedFromWhatPassed()
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(Content + Requests.Finish + Requests.Done);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Stream);
        await response.Content.ReadAsStringAsync();

        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal(((Requests.Stream.Length + 3) / 4, 2L, UsageFlags.Estimated), ((int)final.Usage.Input, final.Usage.Output, final.Flags));
    }

    [Theory]
    [InlineData(false, RequestEnding.UpstreamFailed)]
    [InlineData(true, RequestEnding.Completed)]
    public async Task Stream_OfTwoChoicesWithoutMarker_IsWholeOnlyWhenBothAreFinished(bool both, RequestEnding ending)
    {
        static string Choice(int index, string reason) => "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":" + reason + ",\"index\":" + index + "}]}\n\n";
        var sent = Choice(0, "null") + Choice(1, "null") + Choice(0, "\"stop\"") + (both ? Choice(1, "\"length\"") : Choice(0, "\"stop\""));
        await using var upstream = await UpstreamServer.StartStreamAsync(sent);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Stream.Replace("\"stream\"", "\"n\":2,\"stream\"", StringComparison.Ordinal));
        var received = await response.Content.ReadAsStringAsync();

        Assert.StartsWith(sent, received, StringComparison.Ordinal);
        Assert.Equal(!both, received.Contains("\"upstream_stream_broken\"", StringComparison.Ordinal));
        Assert.Equal(ending, Assert.Single(router.Journal.Finals).Ending);
    }

    [Theory]
    [InlineData("content")]
    [InlineData("reasoning")]
    [InlineData("arguments")]
    public async Task Stream_ManyTokensInOneEventAndNoUsage_IsCountedByItsText(string member)
    {
        var text = string.Concat(Enumerable.Repeat("tok\"n", 100));
        var written = text.Replace("\"", "\\\"", StringComparison.Ordinal);
        await using var upstream = await UpstreamServer.StartStreamAsync("data: {\"choices\":[{\"index\":0,\"delta\":{\"" + member + "\":\"" + written + "\"}}]}\n\n" + Requests.Finish + Requests.Done);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Stream);
        await response.Content.ReadAsStringAsync();

        // What is written as an escape counts as what it stands for.
        Assert.Equal(text.Replace("\\", "", StringComparison.Ordinal).Length / 4, Assert.Single(router.Journal.Finals).Usage.Output);
    }

    [Fact]
    public async Task Stream_UsageInEveryChunk_TheLastCounts()
    {
        static string Chunk(int output, string finish) => "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":" + finish + "}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":" + output + "}}\n\n";
        await using var upstream = await UpstreamServer.StartStreamAsync(Chunk(1, "null") + Chunk(2, "null") + Chunk(3, "\"stop\"") + Requests.Done);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Stream);
        await response.Content.ReadAsStringAsync();

        Assert.Equal((3L, 3L), (router.Journal.Finals[0].Usage.Input, router.Journal.Finals[0].Usage.Output));
    }

    private static async Task<UsageFinal> BrokenAsync(RouterHost router, HttpResponseMessage response, string prefix, string code)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var received = await response.Content.ReadAsStringAsync();
        Assert.StartsWith(prefix, received, StringComparison.Ordinal);
        var end = received[prefix.Length..];
        Assert.StartsWith("data: {\"error\":{", end, StringComparison.Ordinal);
        Assert.EndsWith("\n\n", end, StringComparison.Ordinal);
        Assert.Single(end.Split("data: ", StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains($"\"code\":\"{code}\"", end, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", received, StringComparison.Ordinal);
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal(200, final.Status);
        return final;
    }
}
