using System.Text;
using System.Threading.Channels;
using Gateway.Core.Journal;
using Gateway.Core.Tests.Journal;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Attempts;

public sealed class IdleTimeTests
{
    [Fact]
    public async Task Stream_LongerThanItsIdleTime_EndsOnlyWhenItIsSilentForThatLong()
    {
        var time = new JournalTime();
        var pieces = Channel.CreateUnbounded<string>();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await foreach (var piece in pieces.Reader.ReadAllAsync(context.RequestAborted))
            {
                await UpstreamServer.WritePieceAsync(context, piece);
            }
        });
        var config = TestConfig.WithTimeouts(upstream.Url, new() { FirstByte = TimeSpan.FromSeconds(30), Idle = TimeSpan.FromSeconds(30), Total = TimeSpan.FromHours(1) });
        await using var router = await RouterHost.StartAsync(config, builder => builder.Services.AddSingleton<TimeProvider>(time));
        await pieces.Writer.WriteAsync(Requests.Delta("0"));
        using var response = await router.SendAsync(Requests.Stream);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await ExpectAsync(stream, Requests.Delta("0"));

        for (var i = 1; i <= 5; i++)
        {
            // The Router waits for the next event by now; the clock then moves most of the idle time.
            await router.RoundTripsAsync();
            time.Advance(TimeSpan.FromSeconds(20));
            await pieces.Writer.WriteAsync(Requests.Delta($"{i}"));
            await ExpectAsync(stream, Requests.Delta($"{i}"));
        }

        await router.RoundTripsAsync();
        time.Advance(TimeSpan.FromSeconds(32));

        using var rest = new StreamReader(stream);
        Assert.Contains("\"upstream_timeout\"", await rest.ReadToEndAsync().WaitAsync(RouterHost.Patience), StringComparison.Ordinal);
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((RequestEnding.UpstreamFailed, 6L, 132_000L), (final.Ending, final.Usage.Output, final.DurationMs));
    }

    [Theory]
    [InlineData(Requests.Plain, Requests.Answer, "application/json")]
    [InlineData(Requests.Stream, Requests.Finish + Requests.Done, "text/event-stream")]
    public async Task Answer_ItsTimeRunsOutWhileItsRecordIsWritten_ClientStillGetsAllOfIt(string body, string answer, string type)
    {
        var time = new JournalTime();
        var asked = new TaskCompletionSource();
        var written = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            context.Response.ContentType = type;
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(answer));
        });
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url), builder => builder.Services.AddSingleton<TimeProvider>(time));
        router.Journal.BeforeFinal = () =>
        {
            asked.SetResult();
            return written.Task;
        };

        var pending = router.SendAsync(body);
        await asked.Task.WaitAsync(RouterHost.Patience);
        time.Advance(TimeSpan.FromMinutes(15));
        written.SetResult();
        using var response = await pending;

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(answer, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Answer_GeneratedForLongerThanAStreamMayTakeToBegin_IsDelivered()
    {
        var time = new JournalTime();
        var reached = new TaskCompletionSource();
        var generated = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            reached.SetResult();
            await generated.Task;
            await UpstreamServer.WriteJsonAsync(context, Requests.Answer);
        });
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url), builder => builder.Services.AddSingleton<TimeProvider>(time));

        var pending = router.SendAsync(Requests.Plain);
        await reached.Task.WaitAsync(RouterHost.Patience);
        time.Advance(TimeSpan.FromMinutes(9));
        generated.SetResult();
        using var response = await pending;

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(Requests.Answer, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Stream_SendsNothingButComments_EndsAfterItsIdleTime()
    {
        var time = new JournalTime();
        var pieces = Channel.CreateUnbounded<string>();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await foreach (var piece in pieces.Reader.ReadAllAsync(context.RequestAborted))
            {
                await UpstreamServer.WritePieceAsync(context, piece);
            }
        });
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url), builder => builder.Services.AddSingleton<TimeProvider>(time));
        await pieces.Writer.WriteAsync(Requests.Delta("0"));
        using var response = await router.SendAsync(Requests.Stream);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await ExpectAsync(stream, Requests.Delta("0"));

        // Seen before the clock moves: the wait that counts has begun.
        await router.RoundTripsAsync();
        for (var i = 0; i < 3; i++)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await pieces.Writer.WriteAsync(": ping\n\n");
            await ExpectAsync(stream, ": ping\n\n");
            await router.RoundTripsAsync();
        }

        time.Advance(TimeSpan.FromSeconds(2));

        using var rest = new StreamReader(stream);
        Assert.Contains("\"upstream_timeout\"", await rest.ReadToEndAsync().WaitAsync(RouterHost.Patience), StringComparison.Ordinal);
    }

    private static async Task ExpectAsync(Stream stream, string text)
    {
        var buffer = new byte[text.Length];
        using var patience = new CancellationTokenSource(RouterHost.Patience);
        await stream.ReadExactlyAsync(buffer, patience.Token);
        Assert.Equal(text, Encoding.UTF8.GetString(buffer));
    }
}
