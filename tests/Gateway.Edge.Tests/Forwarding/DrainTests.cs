using Gateway.Core.Configuration.Draining;
using Gateway.Edge.Tests.Rig;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Gateway.Edge.Tests.Forwarding;

public sealed class DrainTests
{
    private static readonly string OneSecond = EdgeServer.Config.Replace("max_body: 1MiB", "max_body: 1MiB, drain: 1s", StringComparison.Ordinal);

    // Long, so that it is not the host's own bound that ends the requests.
    private static readonly Dictionary<string, string> LongBound = new() { ["shutdownTimeoutSeconds"] = "3600" };

    [Theory]
    [InlineData("data: 1\n\n", true)]
    [InlineData("data: {\"half", false)]
    public async Task DrainOver_EndlessStream_EndsWithOneErrorEventOrAReset_AndTheHostEnds(string sent, bool atBorder)
    {
        var time = new ManualTime();
        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([router.Url], LongBound, OneSecond, time);
        router.Answer = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(sent);
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        };
        using var client = edge.Client();
        using var request = EdgeServer.Post(EdgeServer.Chat, EdgeServer.ChatBody);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        var first = new byte[sent.Length];
        await body.ReadExactlyAsync(first);

        var stop = edge.StopAsync();
        var rest = new StreamReader(body).ReadToEndAsync();
        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(rest.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        if (atBorder)
        {
            var text = await rest.WaitAsync(EdgeServer.Patience);
            Assert.StartsWith("data: {\"error\":{\"message\":\"The gateway is stopping", text, StringComparison.Ordinal);
            Assert.Contains("\"code\":\"service_unavailable\"", text, StringComparison.Ordinal);
            Assert.EndsWith("}\n\n", text, StringComparison.Ordinal);
            Assert.Equal(1, text.Split("data:").Length - 1);
        }
        else
        {
            await Assert.ThrowsAnyAsync<IOException>(() => rest.WaitAsync(EdgeServer.Patience));
        }

        await stop.WaitAsync(EdgeServer.Patience);
    }

    [Fact]
    public async Task DrainOver_ClientThatDoesNotRead_IsCut_WhileTimeIsLeft()
    {
        var time = new ManualTime();
        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([router.Url], LongBound, OneSecond, time);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        router.Answer = async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            context.Response.ContentType = "text/event-stream";
            var piece = new byte[64 * 1024];
            for (var sent = 0; !context.RequestAborted.IsCancellationRequested; sent++)
            {
                var writing = context.Response.Body.WriteAsync(piece, context.RequestAborted);
                if (!writing.IsCompleted && sent > 64)
                {
                    full.TrySetResult();
                }

                await writing;
            }
        };
        using var client = edge.Client();
        using var request = EdgeServer.Post(EdgeServer.Chat, EdgeServer.ChatBody);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await full.Task.WaitAsync(EdgeServer.Patience);

        var stop = edge.StopAsync();
        time.Advance(TimeSpan.FromSeconds(1));
        time.Advance(Drain.UntilCut);

        await stop.WaitAsync(EdgeServer.Patience);
        await aborted.Task.WaitAsync(EdgeServer.Patience);
    }

    [Fact]
    public async Task ShutdownTimeout_FollowsGraceAndTheDocument()
    {
        var time = new ManualTime();
        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([router.Url], new() { ["Gateway:ShutdownGrace"] = "00:00:03" }, OneSecond, time, hostBound: null);
        var options = edge.Services.GetRequiredService<IOptions<HostOptions>>().Value;

        Assert.Equal(TimeSpan.FromSeconds(3 + 1 + 10), options.ShutdownTimeout);

        await edge.ReconfigureAsync(OneSecond.Replace("drain: 1s", "drain: 20s", StringComparison.Ordinal));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(3 + 20 + 10), options.ShutdownTimeout);

        // With a clock that stands still the grace would last that long.
        options.ShutdownTimeout = TimeSpan.FromMilliseconds(1);
    }
}
