using System.Globalization;
using System.Net;
using Gateway.Core.Journal;
using Gateway.Core.Tests.Journal;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Attempts;

/// <summary>How often, how long and after what a request is tried again.</summary>
public sealed class RetryTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task There_are_as_many_calls_as_the_group_allows(int attempts)
    {
        await using var fleet = await Fleet.StartAsync(Fleet.Group(group => group with { Attempts = attempts }), null, Fleet.Says(500), Fleet.Says(500), Fleet.Says(500));

        using var response = await fleet.Router.SendAsync(Requests.Plain);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal(attempts.ToString(CultureInfo.InvariantCulture), Fleet.One(response, "x-gateway-attempts"));
        Assert.Equal((attempts, attempts), (fleet.Calls, fleet.Final().Attempts));
        await fleet.AssertAllGivenBackAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_only_deployment_is_asked_again_after_a_failure_of_its_own(int failures)
    {
        var failing = Enumerable.Repeat(Fleet.Says(502), failures).Append(Fleet.Answers(0)).ToArray();
        await using var fleet = await Fleet.StartAsync(Fleet.InTurn(failing));

        using var response = await fleet.Router.SendAsync(Requests.Plain);

        Assert.Equal(failures < 3 ? HttpStatusCode.OK : HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(Math.Min(3, failures + 1), fleet.Final().Attempts);
    }

    [Fact]
    public async Task Retries_end_with_the_budget_of_the_group()
    {
        // The clock stands, so that only requests earn; and this failure opens no breaker.
        await using var fleet = await Fleet.StartAsync(
            Fleet.Group(static group => group with { Deployments = [group.Deployments[0] with { Context = 1_000 }, group.Deployments[1] with { Context = 2_000 }] }),
            new JournalTime(), Fleet.Says(400, RefusalTests.TooLong), Fleet.Says(400, RefusalTests.TooLong));

        for (var i = 0; i < 150; i++)
        {
            using var response = await fleet.Router.SendAsync(Requests.Plain);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        }

        Assert.Equal(150, fleet.Seen(0).Count);
        Assert.InRange(fleet.Seen(1).Count, 24, 25);
    }

    [Fact]
    public async Task A_call_that_is_made_although_all_are_out_is_followed_by_no_pause()
    {
        // The clock stands: whoever pauses never comes back.
        await using var fleet = await Fleet.StartAsync(static config => config, new JournalTime(), Fleet.Says(500), Fleet.Says(500));
        foreach (var deployment in fleet.GroupOf().Deployments)
        {
            for (var i = 0; i < 5; i++)
            {
                deployment.State.Failed(now: 1);
            }
        }

        for (var i = 0; i < 120; i++)
        {
            using var response = await fleet.Router.SendAsync(Requests.Plain).WaitAsync(RouterHost.Patience);
            Assert.True(response.StatusCode is HttpStatusCode.InternalServerError or HttpStatusCode.ServiceUnavailable, response.StatusCode.ToString());
        }

        Assert.InRange(fleet.Calls, 1, 40);
    }

    [Fact]
    public async Task A_failure_that_puts_the_last_one_out_is_followed_by_no_pause()
    {
        // The clock stands: whoever pauses never comes back.
        await using var fleet = await Fleet.StartAsync(static config => config, new JournalTime(), Fleet.Says(500), Fleet.Says(500));
        var (first, last) = (fleet.GroupOf().Deployments[0].State, fleet.GroupOf().Deployments[1].State);
        for (var i = 0; i < 5; i++)
        {
            first.Failed(now: 1);
        }

        for (var i = 0; i < 4; i++)
        {
            last.Failed(now: 1);
        }

        Assert.Equal(0, last.OpenUntil);
        using var response = await fleet.Router.SendAsync(Requests.Plain).WaitAsync(RouterHost.Patience);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.NotEqual(0, last.OpenUntil);
        Assert.Single(fleet.Seen(1));
    }

    [Fact]
    public async Task What_found_no_second_place_costs_no_budget()
    {
        await using var fleet = await Fleet.StartAsync(static config => config, new JournalTime(), Fleet.Says(429, """{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}""", ("retry-after", "30")));
        var before = fleet.GroupOf().State.Retries.Left(1);

        using var response = await fleet.Router.SendAsync(Requests.Plain);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.True(fleet.GroupOf().State.Retries.Left(1) >= before);
    }

    [Fact]
    public async Task Nothing_is_tried_when_the_deadline_passed_in_the_pause()
    {
        var time = new JournalTime();
        await using var fleet = await Fleet.StartAsync(static config => config, time, Fleet.Says(500), Fleet.Answers(1));

        var pending = fleet.Router.SendAsync(Requests.Plain, claims: claims => claims with { DeadlineUnixMs = (time.GetUtcNow() + TimeSpan.FromMilliseconds(1)).ToUnixTimeMilliseconds() });
        await Fleet.UntilAsync(() => fleet.Seen(0).Count == 1);
        await fleet.Router.RoundTripsAsync();
        Assert.Empty(fleet.Seen(1));
        using var response = await Clock.RunAsync(time, pending, TimeSpan.FromSeconds(5));

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Empty(fleet.Seen(1));
        Assert.Equal(1, fleet.Final().Attempts);
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_pause_ends_it_and_the_failed_call_is_told_as_it_was()
    {
        await using var fleet = await Fleet.StartAsync(static config => config, new JournalTime(), Fleet.Says(500), Fleet.Answers(1));
        using var leave = new CancellationTokenSource();

        var pending = fleet.Router.SendAsync(Requests.Plain, cancellationToken: leave.Token);
        await Fleet.UntilAsync(() => fleet.GroupOf().Deployments[0].State.Load.InFlight == 0 && fleet.Seen(0).Count == 1);
        await fleet.Router.RoundTripsAsync();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        await fleet.Journal.FirstFinalAsync();

        var final = fleet.Final();
        Assert.Equal((RequestEnding.ClientGone, 1), (final.Ending, final.Attempts));
        Assert.Equal((RequestEnding.UpstreamError, "server_error"), (final.AttemptRecords[0].Ending, final.AttemptRecords[0].Failure));
        Assert.Empty(fleet.Seen(1));
        Assert.Equal(10, fleet.GroupOf().State.Retries.Left(1), 0.2);
    }

    [Fact]
    public async Task A_client_that_leaves_during_the_second_call_ends_that()
    {
        var (reached, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var fleet = await Fleet.StartAsync(Fleet.Says(500), Fleet.Hangs(reached, cancelled), Fleet.Answers(2));
        using var leave = new CancellationTokenSource();

        var pending = fleet.Router.SendAsync(Requests.Stream, cancellationToken: leave.Token);
        await reached.Task.WaitAsync(RouterHost.Patience);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        await cancelled.Task.WaitAsync(RouterHost.Patience);
        await fleet.Journal.FirstFinalAsync();

        var final = fleet.Final();
        Assert.Equal((RequestEnding.ClientGone, 2), (final.Ending, final.Attempts));
        Assert.Equal((RequestEnding.UpstreamError, RequestEnding.ClientGone), (final.AttemptRecords[0].Ending, final.AttemptRecords[1].Ending));
        Assert.Empty(fleet.Seen(2));
        await fleet.AssertAllGivenBackAsync();
    }
}
