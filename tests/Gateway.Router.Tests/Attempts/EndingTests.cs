using System.Net;
using System.Net.Sockets;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Tests.Journal;
using Gateway.Edge.Tests.Rig;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Attempts;

/// <summary>Clients that leave, upstreams that stall, deadlines that pass: each ends the call at once and is recorded once.</summary>
public sealed class EndingTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    public enum Phase
    {
        BeforeTheHead,
        BeforeTheFirstEvent,
        InTheStream,
        InAPlainBody,
    }

    [Theory]
    [InlineData(Phase.BeforeTheHead)]
    [InlineData(Phase.BeforeTheFirstEvent)]
    [InlineData(Phase.InTheStream)]
    [InlineData(Phase.InAPlainBody)]
    public async Task Client_Leaves_UpstreamIsCancelledAndTheEndingIsRecordedOnce(Phase phase)
    {
        var reached = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(context => StallAsync(context, phase, reached, cancelled));
        await using var router = await RouterHost.StartAsync(upstream);
        using var leave = new CancellationTokenSource();

        var pending = router.SendAsync(phase == Phase.InAPlainBody ? Requests.Plain : Requests.Stream, cancellationToken: leave.Token);
        await reached.Task.WaitAsync(RouterHost.Patience);
        if (phase == Phase.InTheStream)
        {
            using var response = await pending;
            await using var stream = await response.Content.ReadAsStreamAsync();
            await stream.ReadExactlyAsync(new byte[10]);
        }
        else
        {
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        }

        await cancelled.Task.WaitAsync(RouterHost.Patience);
        var final = await router.Journal.FirstFinalAsync();
        Assert.Equal(RequestEnding.ClientGone, final.Ending);
        Assert.Equal(UsageFlags.Estimated | UsageFlags.Incomplete, final.Flags);
        Assert.True(final.Usage.Input > 0);
        Assert.DoesNotContain(router.Logs.Lines, static line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Warning && line.EventId is >= 3000 and < 4000);
        Assert.Equal(phase == Phase.InTheStream ? 1 : phase == Phase.InAPlainBody ? final.Usage.Output : 0, final.Usage.Output);
    }

    [Theory]
    [InlineData(Phase.BeforeTheHead, 504)]
    [InlineData(Phase.BeforeTheFirstEvent, 504)]
    [InlineData(Phase.InTheStream, 200)]
    [InlineData(Phase.InAPlainBody, 504)]
    public async Task Upstream_Stalls_ClientIsToldAndUpstreamIsCancelled(Phase phase, int status)
    {
        var time = new JournalTime();
        var (reached, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var upstream = await UpstreamServer.StartAsync(context => StallAsync(context, phase, reached, cancelled));
        var timeouts = phase is Phase.BeforeTheHead or Phase.BeforeTheFirstEvent ? new TimeoutConfig { FirstByte = Short } : new TimeoutConfig { Idle = Short };
        await using var router = await RouterHost.StartAsync(TestConfig.Once(TestConfig.WithTimeouts(upstream.Url, timeouts)), builder => builder.Services.AddSingleton<TimeProvider>(time));

        var pending = router.SendAsync(phase == Phase.InAPlainBody ? Requests.Plain : Requests.Stream);
        using var response = await AfterAsync(router, time, phase, reached.Task, cancelled.Task, pending);
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains("\"upstream_timeout\"", body, StringComparison.Ordinal);
        await cancelled.Task.WaitAsync(RouterHost.Patience);
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((RequestEnding.UpstreamFailed, status), (final.Ending, final.Status));
    }

    [Theory]
    [InlineData(true, Phase.BeforeTheHead, 504)]
    [InlineData(true, Phase.InTheStream, 200)]
    [InlineData(false, Phase.BeforeTheHead, 504)]
    [InlineData(false, Phase.InTheStream, 200)]
    public async Task Deadline_Passes_RequestEndsAsSuch(bool ofTheClient, Phase phase, int status)
    {
        var time = new JournalTime();
        var (reached, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var upstream = await UpstreamServer.StartAsync(context => StallAsync(context, phase, reached, cancelled));
        var timeouts = ofTheClient ? new TimeoutConfig() : new TimeoutConfig { Total = Short };
        await using var router = await RouterHost.StartAsync(TestConfig.WithTimeouts(upstream.Url, timeouts), builder => builder.Services.AddSingleton<TimeProvider>(time));

        var deadline = (time.GetUtcNow() + Short).ToUnixTimeMilliseconds();
        var pending = router.SendAsync(Requests.Stream, claims: claims => ofTheClient ? claims with { DeadlineUnixMs = deadline } : claims);
        using var response = await AfterAsync(router, time, phase, reached.Task, cancelled.Task, pending);
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains("\"deadline_exceeded\"", body, StringComparison.Ordinal);
        await cancelled.Task.WaitAsync(RouterHost.Patience);
        Assert.Equal(RequestEnding.DeadlineExceeded, Assert.Single(router.Journal.Finals).Ending);
    }

    [Fact]
    public async Task Deadline_HasPassedOnArrival_NothingIsDispatchedOrRecorded()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain, claims: static claims => claims with { DeadlineUnixMs = 1 });

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Empty(upstream.Seen);
        Assert.Empty(router.Journal.Intents);
        Assert.Empty(router.Journal.Finals);
    }

    [Fact]
    public async Task Upstream_AcceptsNoConnection_ClientGets502AndNothingIsCharged()
    {
        await using var router = await RouterHost.StartAsync(TestConfig.For($"http://127.0.0.1:{RedisProcess.FreePort()}"));

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("\"upstream_unreachable\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((RequestEnding.UpstreamFailed, 502, 0L), (final.Ending, final.Status, final.CostNanoUsd));
    }

    [Fact]
    public async Task Upstream_AcceptsButNeverShakesHands_ConnectTimeoutEndsIt()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var provider = TestConfig.Provider($"https://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}") with { Timeouts = new TimeoutConfig { Connect = Short } };
        await using var router = await RouterHost.StartAsync(TestConfig.For(provider));

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("\"upstream_unreachable\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, Assert.Single(router.Journal.Finals).Usage.Input);
    }

    [Theory]
    [InlineData(true, RequestEnding.ClientGone)]
    [InlineData(false, RequestEnding.DeadlineExceeded)]
    public async Task Connecting_IsCutOffByTheClientOrItsDeadline_NothingIsCharged(bool leaves, RequestEnding ending)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var time = new JournalTime();
        var timeouts = new TimeoutConfig { Connect = TimeSpan.FromMinutes(5), Total = Short };
        var provider = TestConfig.Provider($"https://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}") with { Timeouts = timeouts };
        await using var router = await RouterHost.StartAsync(TestConfig.For(provider), builder => builder.Services.AddSingleton<TimeProvider>(time));
        using var leave = new CancellationTokenSource();

        var pending = router.SendAsync(Requests.Plain, cancellationToken: leave.Token);
        using var connection = await silent.AcceptSocketAsync();
        if (leaves)
        {
            await leave.CancelAsync();
        }
        else
        {
            time.Advance(2 * Short);
        }

        var final = await router.Journal.FirstFinalAsync();
        Assert.Equal((ending, 0L, UsageFlags.None), (final.Ending, final.CostNanoUsd, final.Flags));
        await Task.WhenAny(pending);
    }

    [Fact]
    public async Task Upstream_ResetsBeforeItsHead_ClientGets502()
    {
        await using var upstream = await UpstreamServer.StartAsync(static context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("\"upstream_invalid_response\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(UsageFlags.Estimated | UsageFlags.Incomplete, Assert.Single(router.Journal.Finals).Flags);
    }

    /// <summary>Lets the time pass once the Router waits in the phase; a clock of the test's own, so that no machine is too slow for it.</summary>
    private static async Task<HttpResponseMessage> AfterAsync(RouterHost router, JournalTime time, Phase phase, Task reached, Task cancelled, Task<HttpResponseMessage> pending)
    {
        await reached.WaitAsync(RouterHost.Patience);
        if (phase == Phase.InTheStream)
        {
            // The head, and the content with it, is here: what comes now comes in the stream.
            await pending.WaitAsync(RouterHost.Patience);
        }

        // A few times: the Router may begin to wait for what is to come only after the first.
        for (var i = 0; i < 10 && !cancelled.IsCompleted; i++)
        {
            await router.RoundTripsAsync();
            time.Advance(2 * Short);
        }

        return await pending.WaitAsync(RouterHost.Patience);
    }

    private static async Task StallAsync(HttpContext context, Phase phase, TaskCompletionSource reached, TaskCompletionSource cancelled)
    {
        switch (phase)
        {
            case Phase.BeforeTheFirstEvent:
                await UpstreamServer.WritePieceAsync(context, ": working\n\n");
                break;
            case Phase.InTheStream:
                await UpstreamServer.WritePieceAsync(context, Requests.Delta("one"));
                break;
            case Phase.InAPlainBody:
                context.Response.ContentType = "application/json";
                await context.Response.Body.WriteAsync("{\"choices\":["u8.ToArray());
                await context.Response.Body.FlushAsync();
                break;
            default:
                break;
        }

        reached.TrySetResult();
        var gone = new TaskCompletionSource();
        await using var registration = context.RequestAborted.Register(gone.SetResult);
        await gone.Task;
        cancelled.TrySetResult();
    }
}
