using System.Net;
using System.Net.Sockets;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Forwarding;

public sealed class FailoverTests
{
    [Fact]
    public async Task OneRouterOfTwoIsAway_EveryRequestIsServed()
    {
        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([Nobody(), router.Url]);

        for (var i = 0; i < 4; i++)
        {
            using var response = await ChatAsync(edge);
            Assert.Equal(200, (int)response.StatusCode);
            await router.NextAsync();
        }
    }

    [Fact]
    public async Task RouterThatWasAway_IsAskedLast_UntilSomeTimeHasPassed()
    {
        var time = new ManualTime();
        var away = Nobody();
        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([away, router.Url], time: time);
        await ChatAllAsync(edge, 2);
        await using var back = await FakeService.StartAsync(away);

        await ChatAllAsync(edge, 4);
        Assert.Equal((6, 0), (router.Waiting, back.Waiting));

        time.Advance(TimeSpan.FromSeconds(2));
        await ChatAllAsync(edge, 4);
        Assert.Equal((8, 2), (router.Waiting, back.Waiting));
    }

    [Fact]
    public async Task AllRoutersWereAway_AreAskedAllTheSame()
    {
        var away = Nobody();
        await using var edge = await EdgeServer.StartAsync([away], time: new ManualTime());
        using (var refused = await ChatAsync(edge))
        {
            Assert.Equal(503, (int)refused.StatusCode);
        }

        await using var back = await FakeService.StartAsync(away);
        await ChatAllAsync(edge, 1);
        Assert.Equal(1, back.Waiting);
    }

    [Fact]
    public async Task RouterThatAcceptsNoConnection_IsPassedOver()
    {
        // A full backlog: the system answers no further connection at all.
        using var stuck = new TcpListener(IPAddress.Loopback, 0);
        stuck.Start(backlog: 1);
        var waiting = Enumerable.Range(0, 8).Select(_ => new TcpClient()).ToArray();
        foreach (var client in waiting)
        {
            _ = client.ConnectAsync(IPAddress.Loopback, ((IPEndPoint)stuck.LocalEndpoint).Port);
        }

        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([router.Url, new Uri($"http://{stuck.LocalEndpoint}")]);

        for (var i = 0; i < 2; i++)
        {
            using var response = await ChatAsync(edge);
            Assert.Equal(200, (int)response.StatusCode);
        }

        Assert.Equal(2, router.Waiting);
        Array.ForEach(waiting, static client => client.Dispose());
    }

    [Fact]
    public async Task TwoRouters_AreUsedInTurn()
    {
        await using var one = await FakeService.StartAsync();
        await using var two = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([one.Url, two.Url]);

        for (var i = 0; i < 6; i++)
        {
            (await ChatAsync(edge)).Dispose();
        }

        Assert.Equal((3, 3), (one.Waiting, two.Waiting));
    }

    [Fact]
    public async Task NoRouter_EdgeStarts_Answers503_AndSaysSoInReady()
    {
        await using var edge = await EdgeServer.StartAsync([Nobody()]);
        using var client = edge.Client();

        using var response = await ChatAsync(edge);
        using var ready = await client.GetAsync("/ready");

        Assert.Contains("router", await EdgeServer.AssertErrorAsync(response, 503, "service_unavailable"), StringComparison.Ordinal);
        Assert.Equal("1", response.Headers.GetValues("retry-after").Single());
        Assert.Equal(503, (int)ready.StatusCode);
        Assert.Contains("\"router\":{\"status\":\"not_ready\"", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ready_NamesRouterRedisAndConfiguration()
    {
        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([router.Url]);
        using var client = edge.Client();

        using var ready = await client.GetAsync("/ready");
        var text = await ready.Content.ReadAsStringAsync();

        Assert.Equal(200, (int)ready.StatusCode);
        Assert.Contains("\"router\":{\"status\":\"ready\"", text, StringComparison.Ordinal);
        Assert.Contains("\"redis\":{\"status\":\"ready\",\"detail\":\"not configured (local limits)\"", text, StringComparison.Ordinal);
        Assert.Contains("\"configuration\":{\"status\":\"ready\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deadline_PassedWithoutAnswer_Is504_AndInAStreamAnErrorEvent(bool inStream)
    {
        var time = new ManualTime();
        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([router.Url], time: time);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        router.Answer = async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            if (inStream)
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.StartAsync();
                await context.Response.Body.FlushAsync();
            }

            await aborted.Task;
        };
        using var client = edge.Client();
        using var request = EdgeServer.Post(EdgeServer.Chat, EdgeServer.ChatBody, ("x-request-timeout", "5"));

        var sending = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await router.NextAsync();
        if (inStream)
        {
            await sending.WaitAsync(EdgeServer.Patience);
        }

        Assert.False(aborted.Task.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(8));
        using var response = await sending.WaitAsync(EdgeServer.Patience);

        if (inStream)
        {
            Assert.Contains("\"code\":\"deadline_exceeded\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        else
        {
            await EdgeServer.AssertErrorAsync(response, 504, "deadline_exceeded");
        }

        await aborted.Task.WaitAsync(EdgeServer.Patience);
    }

    [Fact]
    public async Task RouterThatRejectsTheContext_Is503_NotA401_AndIsLoggedOnce()
    {
        using var log = new LogLines();
        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([router.Url], log: log);
        router.Answer = static context =>
        {
            context.Response.StatusCode = 401;
            context.Response.Headers["x-gateway-attempts"] = "1";
            return Task.CompletedTask;
        };

        for (var i = 0; i < 2; i++)
        {
            using var response = await ChatAsync(edge);
            Assert.Contains("Nothing is wrong with your request or key", await EdgeServer.AssertErrorAsync(response, 503, "service_unavailable"), StringComparison.Ordinal);
            Assert.Equal("1", response.Headers.GetValues("retry-after").Single());
            Assert.False(response.Headers.Contains("x-gateway-attempts"));
        }

        Assert.Single(log.Lines, static line => line.Contains("GATEWAY_CONTEXT_SECRET", StringComparison.Ordinal));
    }

    private static async Task ChatAllAsync(EdgeServer edge, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var response = await ChatAsync(edge);
            Assert.Equal(200, (int)response.StatusCode);
        }
    }

    private static async Task<HttpResponseMessage> ChatAsync(EdgeServer edge)
    {
        using var client = edge.Client();
        using var content = EdgeServer.Json(EdgeServer.ChatBody);
        return await client.PostAsync(EdgeServer.Chat, content);
    }

    private static Uri Nobody() => new($"http://127.0.0.1:{RedisProcess.FreePort()}");
}
