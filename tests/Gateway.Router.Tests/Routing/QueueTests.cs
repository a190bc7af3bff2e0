using System.Globalization;
using System.Net;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Tests.Journal;
using Gateway.Router.Tests.Attempts;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Routing;

/// <summary>Requests that wait for a place at an upstream that takes one at a time.</summary>
public sealed class QueueTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_second_request_waits_and_is_served(bool ofTheKey)
    {
        using var gate = new SemaphoreSlim(0);
        await using var fleet = await StartAsync(gate, ofTheKey: ofTheKey);

        var first = await SendAsync(fleet, "one");
        var second = await WaitingAsync(fleet, "two");
        Assert.Equal(1, fleet.Calls);
        gate.Release();
        using var one = await first;
        await Fleet.UntilAsync(() => fleet.Calls == 2);
        gate.Release();
        using var two = await second;

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, "1"), (one.StatusCode, two.StatusCode, Fleet.One(two, "x-gateway-attempts")));
        await fleet.AssertAllGivenBackAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Whoever_finds_the_room_full_is_told_to_come_back(int size)
    {
        using var gate = new SemaphoreSlim(0);
        await using var fleet = await StartAsync(gate, new QueueConfig { Size = size });

        var first = await SendAsync(fleet, "one");
        var waiting = size == 0 ? null : await WaitingAsync(fleet, "two");
        using var refused = await fleet.Router.SendAsync(Body("three"));

        await AssertBusyAsync(refused);
        gate.Release(2);
        using var one = await first;
        Assert.Equal(HttpStatusCode.OK, one.StatusCode);
        if (waiting is not null)
        {
            using var two = await waiting;
            Assert.Equal(HttpStatusCode.OK, two.StatusCode);
        }

        Assert.Equal(size + 1, fleet.Journal.Finals.Count);
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task Whoever_has_waited_long_enough_is_told_to_come_back()
    {
        var time = new JournalTime();
        using var gate = new SemaphoreSlim(0);
        await using var fleet = await StartAsync(gate, new QueueConfig { Wait = TimeSpan.FromSeconds(3) }, time);

        var first = await SendAsync(fleet, "one");
        var second = await WaitingAsync(fleet, "two");
        time.Advance(TimeSpan.FromSeconds(2.9));
        await fleet.Router.RoundTripsAsync();
        Assert.False(second.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));
        using var refused = await second;

        await AssertBusyAsync(refused);
        gate.Release();
        using var one = await first;
        Assert.Single(fleet.Journal.Finals);
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task Whose_deadline_passes_while_waiting_is_told_so()
    {
        var time = new JournalTime();
        using var gate = new SemaphoreSlim(0);
        await using var fleet = await StartAsync(gate, time: time);

        var first = await SendAsync(fleet, "one");
        var deadline = (time.GetUtcNow() + TimeSpan.FromSeconds(2)).ToUnixTimeMilliseconds();
        var second = await WaitingAsync(fleet, "two", claims => claims with { DeadlineUnixMs = deadline });
        time.Advance(TimeSpan.FromSeconds(2.1));
        using var refused = await second;

        Assert.Equal(HttpStatusCode.GatewayTimeout, refused.StatusCode);
        Assert.Contains("\"deadline_exceeded\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        gate.Release();
        using var one = await first;
        Assert.Equal(1, fleet.Calls);
    }

    [Fact]
    public async Task Who_leaves_while_waiting_leaves_no_record_and_no_gap()
    {
        using var gate = new SemaphoreSlim(0);
        await using var fleet = await StartAsync(gate);
        using var leave = new CancellationTokenSource();

        var first = await SendAsync(fleet, "one");
        var second = fleet.Router.SendAsync(Body("two"), cancellationToken: leave.Token);
        await Fleet.UntilAsync(() => fleet.GroupOf().State.Room.Count == 1);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await Fleet.UntilAsync(() => fleet.GroupOf().State.Room.Count == 0);
        var third = await WaitingAsync(fleet, "three");
        gate.Release(2);
        using var one = await first;
        using var three = await third;

        Assert.Equal((HttpStatusCode.OK, 2), (three.StatusCode, fleet.Journal.Intents.Count));
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task A_higher_class_goes_first()
    {
        using var gate = new SemaphoreSlim(0);
        await using var fleet = await StartAsync(gate);
        var pending = new List<Task<HttpResponseMessage>> { await SendAsync(fleet, "first") };
        foreach (var priority in (RequestPriority[])[RequestPriority.Batch, RequestPriority.Default, RequestPriority.Interactive])
        {
            pending.Add(await WaitingAsync(fleet, priority.ToString(), claims => claims with { Priority = priority }));
        }

        for (var i = 1; i <= pending.Count; i++)
        {
            await Fleet.UntilAsync(() => fleet.Calls == i);
            gate.Release();
        }

        await Task.WhenAll(pending);
        Assert.Equal(
            ["first", "Interactive", "Default", "Batch"],
            fleet.Seen(0).Select(static seen => ((string[])["first", "Interactive", "Default", "Batch"]).Single(name => seen.Text.Contains($"\"{name}\"", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task A_request_whose_limit_is_far_from_refilled_does_not_wait()
    {
        await using var fleet = await Fleet.StartAsync(
            Fleet.Provider(0, static provider => provider with { Limits = new UpstreamLimits { RequestsPerMinute = 1 } }), new JournalTime(), Fleet.Answers(0));
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 4; i++)
        {
            using var response = await fleet.Router.SendAsync(Requests.Plain);
            statuses.Add(response.StatusCode);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                Assert.Contains("\"upstream_rate_limited\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
                Assert.InRange(int.Parse(Fleet.One(response, "retry-after")!, CultureInfo.InvariantCulture), 3, 60);
            }
        }

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (statuses[0], statuses[^1]));
        Assert.Equal(statuses.Count(static status => status == HttpStatusCode.OK), fleet.Calls);
    }

    [Fact]
    public async Task A_group_that_is_full_hands_over_to_its_fallback()
    {
        using var gate = new SemaphoreSlim(0);
        await using var fleet = await Fleet.StartAsync(
            config => Fleet.Provider(0, static provider => provider with { Limits = new UpstreamLimits { Concurrency = 1 } })(Fleet.Groups([Fleet.To(1)])(config)),
            null,
            async context =>
            {
                await gate.WaitAsync(context.RequestAborted);
                await Fleet.Answers(0)(context);
            },
            Fleet.Answers(1));

        var first = await SendAsync(fleet, "one");
        using var second = await fleet.Router.SendAsync(Body("two"));
        gate.Release();
        using var one = await first;

        Assert.Equal((Fleet.AnswerOf(1), "1"), (await second.Content.ReadAsStringAsync(), Fleet.One(second, "x-gateway-attempts")));
        await fleet.AssertAllGivenBackAsync();
    }

    private static Task<Fleet> StartAsync(SemaphoreSlim gate, QueueConfig? queue = null, TimeProvider? time = null, bool ofTheKey = false) => Fleet.StartAsync(
        config =>
        {
            var one = new UpstreamLimits { Concurrency = 1 };
            return Fleet.Group(group => group with { Queue = queue ?? QueueConfig.Standard })(
                Fleet.Provider(0, provider => ofTheKey ? provider with { Keys = [TestConfig.KeyOf("key") with { Limits = one }] } : provider with { Limits = one })(config));
        },
        time,
        async context =>
        {
            await gate.WaitAsync(context.RequestAborted);
            await Fleet.Answers(0)(context);
        });

    private static string Body(string name) => Requests.Plain.Replace("hi", name, StringComparison.Ordinal);

    /// <summary>Sends one that gets the place.</summary>
    private static async Task<Task<HttpResponseMessage>> SendAsync(Fleet fleet, string name)
    {
        var pending = fleet.Router.SendAsync(Body(name));
        await Fleet.UntilAsync(() => fleet.Seen(0).Count == 1);
        return pending;
    }

    /// <summary>Sends one that waits.</summary>
    private static async Task<Task<HttpResponseMessage>> WaitingAsync(Fleet fleet, string name, Func<ContextClaims, ContextClaims>? claims = null)
    {
        var before = fleet.GroupOf().State.Room.Count;
        var pending = fleet.Router.SendAsync(Body(name), claims: claims);
        await Fleet.UntilAsync(() => fleet.GroupOf().State.Room.Count == before + 1);

        // It is counted a little before it waits for the clock.
        await fleet.Router.RoundTripsAsync();
        return pending;
    }

    private static async Task AssertBusyAsync(HttpResponseMessage refused)
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("\"upstream_busy\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.NotNull(Fleet.One(refused, "retry-after"));
    }
}
