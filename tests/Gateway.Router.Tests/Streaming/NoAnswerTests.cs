using System.Net;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Router.Tests.Streaming;

/// <summary>A 200 whose body no client of the protocol can read is no answer: it is asked for again while nobody has seen anything.</summary>
public sealed class NoAnswerTests
{
    private const string Half = "data: {\"id\":\"x\",\"choices\":[{\"delta\":\n\n";

    private static readonly string Good = Requests.Delta("Hel") + Requests.Finish + Requests.Done;

    [Theory]
    [InlineData(Half)]
    [InlineData("data: <html>\n\n")]
    [InlineData("data: \"text\"\n\n")]
    public async Task Stream_FirstEventIsNoChunk_TheNextCallAnswers(string first)
    {
        await using var upstream = await TwiceAsync("text/event-stream", first + Good, Good);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Stream);

        Assert.Equal(Good, await response.Content.ReadAsStringAsync());
        Assert.Equal(2, upstream.Seen.Count);
    }

    [Fact]
    public async Task Stream_EventAfterContentIsNoChunk_ClientGetsOneErrorEventInItsPlace()
    {
        var read = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await UpstreamServer.WritePieceAsync(context, Requests.Delta("Hel"));
            await read.Task;
            await UpstreamServer.WritePieceAsync(context, Half + Good);
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Stream);
        read.SetResult();
        var text = await response.Content.ReadAsStringAsync();

        Assert.StartsWith(Requests.Delta("Hel") + "data: {\"error\":", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split("data: ").Length - 1);
        Assert.Single(upstream.Seen);
    }

    [Theory]
    [InlineData("text/html", "<html><body>Welcome to nginx</body></html>")]
    [InlineData("application/json", "")]
    [InlineData("application/json", "{\"choices\":[{\"message\":")]
    public async Task Plain_BodyIsNoDocument_TheNextCallAnswers(string type, string body)
    {
        await using var upstream = await TwiceAsync(type, body, Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal((HttpStatusCode.OK, Requests.Answer), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        var final = Assert.Single(router.Journal.Finals);
        // The prompt of the first call is charged by estimate, and no output that nobody saw.
        Assert.Equal(5L, final.Usage.Output);
        Assert.True(final.Usage.Input > 10);
    }

    /// <summary>One body for the first call, another for the second.</summary>
    private static Task<UpstreamServer> TwiceAsync(string type, string first, string second)
    {
        var calls = 0;
        return UpstreamServer.StartAsync(async context =>
        {
            var body = Interlocked.Increment(ref calls) == 1 ? first : second;
            context.Response.ContentType = type is "text/html" && body == second ? "application/json" : type;
            await context.Response.WriteAsync(body);
        });
    }
}
