using System.Net;
using System.Net.Sockets;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admission;

/// <summary>The Edge with a real redis-server that goes away, hangs, comes back or never was one.</summary>
public sealed class RedisOutageTests : IAsyncLifetime
{
    /// <summary>One request a minute: long enough for any outage on any machine.</summary>
    private const string RareKey = "gw-rare-key";

    /// <summary>Keys with the same limit: a premise that the machine took away is made again with the next one.</summary>
    private const int MoreRareKeys = 20;

    private static readonly string Keys = """

          - { id: probe, secret: gw-probe-key, models: ["*"], limits: { requests_per_minute: 600000 } }
          - { id: rare, secret: gw-rare-key, models: ["*"], limits: { requests_per_minute: 1 } }
        """ + string.Concat(Enumerable.Range(1, MoreRareKeys).Select(static i => $"\n  - {{ id: rare-{i}, secret: {RareKey}-{i}, models: [\"*\"], limits: {{ requests_per_minute: 1 }} }}"));

    private FakeService _router = null!;

    public async Task InitializeAsync() => _router = await FakeService.StartAsync();

    public async Task DisposeAsync() => await _router.DisposeAsync();

    [Fact]
    public async Task RedisThere_IsUsed_AndTheLimitIsSharedByTwoEdges()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var one = await StartAsync(redis.ConnectionString);
        await using var two = await StartAsync(redis.ConnectionString);
        await UntilAsync(one, degraded: false);
        await UntilAsync(two, degraded: false);

        for (var i = 1; ; i++)
        {
            using var first = await ChatAsync(one, $"{RareKey}-{i}");
            using var second = await ChatAsync(two, $"{RareKey}-{i}");
            using var third = await ChatAsync(one, $"{RareKey}-{i}");
            if (i < MoreRareKeys && new[] { first, second, third }.Any(static answer => answer.Headers.Contains("x-gateway-degraded")))
            {
                // Here Redis had no time to answer within the deadline of a call: it did not decide.
                continue;
            }

            Assert.Equal((200, 429, 429), ((int)first.StatusCode, (int)second.StatusCode, (int)third.StatusCode));
            Assert.False(first.Headers.Contains("x-gateway-degraded"));
            break;
        }

        await UntilReadySaysAsync(one, "\"redis\":{\"status\":\"ready\",\"detail\":\"ok\"");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RedisKilledOrPaused_EveryRequestIsServed_LimitsHold_AndItComesBack(bool paused)
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var edge = await StartAsync(redis.ConnectionString);
        await UntilAsync(edge, degraded: false);
        using var first = await ChatAsync(edge, RareKey);
        Assert.Equal(200, (int)first.StatusCode);

        await (paused ? redis.PauseAsync() : redis.KillAsync());
        await UntilAsync(edge, degraded: true);

        // The burst that Redis counted is not given a second time.
        using var limited = await ChatAsync(edge, RareKey);
        Assert.Equal(429, (int)limited.StatusCode);
        await UntilReadySaysAsync(edge, "\"redis\":{\"status\":\"degraded\",\"detail\":\"degraded (local limits)\"");

        await (paused ? redis.ResumeAsync() : redis.StartAsync());
        await UntilAsync(edge, degraded: false);
        await UntilReadySaysAsync(edge, "\"redis\":{\"status\":\"ready\",\"detail\":\"ok\"");
    }

    [Fact]
    public async Task RedisKilled_WithoutTraffic_ReadySaysSo()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var edge = await StartAsync(redis.ConnectionString);
        await UntilReadySaysAsync(edge, "\"redis\":{\"status\":\"ready\",\"detail\":\"ok\"");

        await redis.KillAsync();

        await UntilReadySaysAsync(edge, "\"redis\":{\"status\":\"degraded\"");
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\nthis is not redis\r\n")]
    [InlineData("+OK\r\n:5\r\n*3\r\n$-1\r\n")]
    [InlineData("")]
    public async Task SomethingElseThanRedis_LimitsAreLocal(string says)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync(listener, says);
        await using (var edge = await StartAsync($"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"))
        {
            using var first = await ChatAsync(edge, RareKey);
            using var second = await ChatAsync(edge, RareKey);

            Assert.Equal((200, 429), ((int)first.StatusCode, (int)second.StatusCode));
            Assert.Equal("redis", first.Headers.GetValues("x-gateway-degraded").Single());
            await UntilReadySaysAsync(edge, "\"redis\":{\"status\":\"degraded\"");
        }

        listener.Stop();
        await answering;
    }

    [Theory]
    [InlineData("no such host at all:,,=")]
    [InlineData("127.0.0.1:1,abortConnect=true,connectTimeout=200")]
    public async Task ConnectionString_ThatCannotBeUsed_LimitsAreLocal(string connectionString)
    {
        await using var edge = await StartAsync(connectionString);

        using var response = await ChatAsync(edge, RareKey);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("redis", response.Headers.GetValues("x-gateway-degraded").Single());
    }

    private Task<EdgeServer> StartAsync(string connectionString) =>
        EdgeServer.StartAsync([_router.Url], new() { ["ConnectionStrings:cache"] = connectionString }, EdgeServer.Config + Keys);

    private static async Task<HttpResponseMessage> ChatAsync(EdgeServer edge, string key)
    {
        using var client = edge.Client(key);
        using var content = EdgeServer.Json(EdgeServer.ChatBody);
        return await client.PostAsync(EdgeServer.Chat, content);
    }

    /// <summary>Sends requests of another key, each of which must be served, until they are decided as expected.</summary>
    private static async Task UntilAsync(EdgeServer edge, bool degraded)
    {
        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (true)
        {
            using var response = await ChatAsync(edge, "gw-probe-key");
            Assert.Equal(200, (int)response.StatusCode);
            if (response.Headers.Contains("x-gateway-degraded") == degraded)
            {
                return;
            }

            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }

    private static async Task UntilReadySaysAsync(EdgeServer edge, string part)
    {
        using var client = edge.Client();
        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        string ready;
        while (!(ready = await client.GetStringAsync("/ready")).Contains(part, StringComparison.Ordinal))
        {
            Assert.False(deadline.IsCancellationRequested, ready);
            await tick.WaitForNextTickAsync();
        }
    }

    private static async Task AnswerAsync(TcpListener listener, string says)
    {
        try
        {
            while (true)
            {
                var socket = await listener.AcceptTcpClientAsync();
                if (says.Length == 0)
                {
                    // Accepts and stays silent.
                    continue;
                }

                await socket.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(says));
                socket.Dispose();
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException or IOException)
        {
            // Stopped by the test.
        }
    }
}
