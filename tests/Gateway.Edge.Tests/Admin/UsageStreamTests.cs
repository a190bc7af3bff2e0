using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;
using Microsoft.AspNetCore.Http;

namespace Gateway.Edge.Tests.Admin;

/// <summary>Reports that take long, through the Edge.</summary>
public sealed class UsageStreamTests
{
    [Fact]
    public async Task Stream_is_passed_on_as_it_comes_and_ends_cleanly_when_the_Edge_begins_to_stop()
    {
        await using var usage = await FakeService.StartAsync();
        usage.Answer = static async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("event: request\ndata: {}\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
        };

        // It would wait a minute for requests that run.
        await using var edge = await EdgeServer.StartAsync([usage.Url], new() { ["Services:usage:http:0"] = usage.Url.ToString() }, hostBound: null);
        using var client = edge.Client(EdgeServer.AdminKey);
        using var answer = await client.GetAsync("/admin/v1/requests/stream?key=a", HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal("event: request", await lines.ReadLineAsync().WaitAsync(EdgeServer.Patience));
        var seen = await usage.NextAsync();
        Assert.Equal("/admin/v1/requests/stream?key=a", seen.Target);

        var stopping = edge.StopAsync();
        Assert.Equal("data: {}\n\n", await lines.ReadToEndAsync().WaitAsync(EdgeServer.Patience));
        await stopping.WaitAsync(EdgeServer.Patience);
    }

    [Theory]
    [InlineData("/admin/v1/requests?format=csv", 30)]
    [InlineData("/admin/v1/usage?format=ndjson&group=key", 30)]
    [InlineData("/admin/v1/requests?format=json", 1)]
    [InlineData("/admin/v1/requests", 1)]
    public async Task Exports_may_take_longer_than_reports(string target, int minutes)
    {
        var time = new ManualTime();
        await using var usage = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([usage.Url], new() { ["Services:usage:http:0"] = usage.Url.ToString() }, time: time);
        using var client = edge.Client(EdgeServer.AdminKey);
        (await client.GetAsync(target)).Dispose();

        var claims = EdgeServer.Tokens(time).Verify((await usage.NextAsync()).Headers["x-gateway-context"], ContextAudience.Usage, target.Split('?')[0]);
        Assert.Equal(time.GetUtcNow().AddMinutes(minutes).ToUnixTimeMilliseconds(), claims?.DeadlineUnixMs);
    }
}
