using System.Net;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Core.Tests.Journal;
using Gateway.Router.Attempts;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ObjectPool;

namespace Gateway.Router.Tests.Attempts;

/// <summary>A second call beside a silent first one: the first content wins, both are in the ledger, and no request pays for another's.</summary>
public sealed class HedgeTests
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_second_call_answers_when_the_first_keeps_silent_and_both_are_charged()
    {
        var time = new JournalTime();
        var (reached, cancelled, second) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        await using var fleet = await StartAsync(time, Fleet.Hangs(reached, cancelled), Reaches(second, Fleet.Streams(Fleet.StreamOf(1))));

        var pending = fleet.Router.SendAsync(Requests.StreamWithUsage);
        await reached.Task.WaitAsync(RouterHost.Patience);
        await PassAsync(time, second.Task);
        using var response = await pending;

        Assert.Equal(string.Concat(Fleet.StreamOf(1)), await response.Content.ReadAsStringAsync());
        Assert.Equal(("2", "b/real-b"), (Fleet.One(response, "x-gateway-attempts"), Fleet.One(response, "x-gateway-deployment")));
        await cancelled.Task.WaitAsync(RouterHost.Patience);
        var final = fleet.Final();
        Assert.Equal((RequestEnding.Completed, "b/real-b", 2), (final.Ending, final.Intent.Deployment, final.Attempts));
        Assert.Equal((RequestEnding.Superseded, false), (final.AttemptRecords[0].Ending, final.AttemptRecords[0].IsHedge));
        Assert.Equal((RequestEnding.Completed, true), (final.AttemptRecords[1].Ending, final.AttemptRecords[1].IsHedge));
        Assert.Equal(UsageFlags.Estimated | UsageFlags.Incomplete, final.AttemptRecords[0].Flags);
        Assert.True(final.AttemptRecords[0].CostNanoUsd > 0);
        Assert.Equal((10, 5), (final.AttemptRecords[1].Usage.Input, final.AttemptRecords[1].Usage.Output));
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task The_first_answers_after_all_and_the_second_is_given_up()
    {
        var time = new JournalTime();
        var (second, cancelled, go) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        await using var fleet = await StartAsync(
            time,
            async context =>
            {
                await go.Task;
                await Fleet.StreamAsync(context, Fleet.StreamOf(0));
            },
            Fleet.Hangs(second, cancelled));

        var pending = fleet.Router.SendAsync(Requests.StreamWithUsage);
        await PassAsync(time, second.Task);
        go.SetResult();
        using var response = await pending;

        Assert.Equal(string.Concat(Fleet.StreamOf(0)), await response.Content.ReadAsStringAsync());
        Assert.Equal("a/real-a", Fleet.One(response, "x-gateway-deployment"));
        await cancelled.Task.WaitAsync(RouterHost.Patience);
        var final = fleet.Final();
        Assert.Equal((RequestEnding.Completed, "a/real-a", 1), (final.Ending, final.Intent.Deployment, final.Intent.Attempt));
        Assert.Equal((RequestEnding.Superseded, true), (final.AttemptRecords[1].Ending, final.AttemptRecords[1].IsHedge));
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task The_first_answers_while_the_second_is_being_recorded_and_the_record_has_both()
    {
        var time = new JournalTime();
        var (reached, go, held, release) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        await using var fleet = await StartAsync(
            time,
            async context =>
            {
                reached.TrySetResult();
                await go.Task;
                await Fleet.StreamAsync(context, Fleet.StreamOf(0));
            },
            Fleet.Streams(Fleet.StreamOf(1)));

        var pending = fleet.Router.SendAsync(Requests.StreamWithUsage);
        await reached.Task.WaitAsync(RouterHost.Patience);
        fleet.Journal.BeforeIntent = () =>
        {
            held.TrySetResult();
            return release.Task;
        };
        await PassAsync(time, held.Task);
        go.SetResult();
        using var response = await pending;
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[10]);
        await fleet.Router.RoundTripsAsync();
        Assert.Empty(fleet.Journal.Finals);
        release.SetResult();
        using var rest = new StreamReader(body);
        Assert.EndsWith(Requests.Done, await rest.ReadToEndAsync(), StringComparison.Ordinal);

        var final = fleet.Final();
        Assert.Equal((RequestEnding.Completed, "a/real-a", 2), (final.Ending, final.Intent.Deployment, final.Attempts));
        Assert.Equal(RequestEnding.Superseded, final.AttemptRecords[1].Ending);
        Assert.Empty(fleet.Seen(1));
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task When_both_fail_the_loop_goes_on()
    {
        var time = new JournalTime();
        var (second, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var fleet = await StartAsync(
            time,
            async context =>
            {
                await go.Task;
                context.Abort();
            },
            async context =>
            {
                second.TrySetResult();
                await go.Task;
                await Fleet.Says(500)(context);
            },
            Fleet.Streams(Fleet.StreamOf(2)));

        var pending = fleet.Router.SendAsync(Requests.StreamWithUsage);
        await PassAsync(time, second.Task);
        go.SetResult();
        using var response = await Clock.RunAsync(time, pending, TimeSpan.FromMilliseconds(20));

        Assert.Equal(string.Concat(Fleet.StreamOf(2)), await response.Content.ReadAsStringAsync());
        Assert.Equal(("3", "c/real-c"), (Fleet.One(response, "x-gateway-attempts"), Fleet.One(response, "x-gateway-deployment")));
        Assert.Equal(["broken", "server_error", ""], fleet.Final().AttemptRecords.Select(static record => record.Failure));
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task When_both_fail_and_nothing_is_left_no_clock_of_another_request_is_touched()
    {
        // By the real clock, since only its timers are used again.
        var (second, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var fleet = await Fleet.StartAsync(
            Fleet.Group(static group => group with { Attempts = 2, Hedge = Always with { After = TimeSpan.FromMilliseconds(1) } }), null,
            async context =>
            {
                await go.Task;
                await Fleet.Says(500)(context);
            },
            async context =>
            {
                second.TrySetResult();
                await go.Task;
                await Fleet.Says(502)(context);
            });
        var pool = fleet.Router.Services.GetRequiredService<ObjectPool<AttemptTimer>>();

        var pending = fleet.Router.SendAsync(Requests.StreamWithUsage);
        await second.Task.WaitAsync(RouterHost.Patience);
        go.SetResult();
        using var response = await pending;

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal(2, fleet.Final().Attempts);
        await fleet.AssertAllGivenBackAsync();

        // The clock of the call that is not told of lies in the pool since both were over, for anybody to take.
        for (var i = 0; i < 5; i++)
        {
            var timer = pool.Get();
            Assert.Equal((CancelReason.None, false), (timer.Reason, timer.Token.IsCancellationRequested));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_client_that_leaves_ends_both(int afterSeconds)
    {
        var time = new JournalTime();
        var (first, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        var (firstGone, secondGone) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var fleet = await StartAsync(time, Fleet.Hangs(first, firstGone), Fleet.Hangs(second, secondGone));
        using var leave = new CancellationTokenSource();

        var pending = fleet.Router.SendAsync(Requests.Stream, cancellationToken: leave.Token);
        await first.Task.WaitAsync(RouterHost.Patience);
        if (afterSeconds > 0)
        {
            await PassAsync(time, second.Task);
        }

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        await firstGone.Task.WaitAsync(RouterHost.Patience);
        await fleet.Journal.FirstFinalAsync();

        var final = fleet.Final();
        Assert.Equal((RequestEnding.ClientGone, afterSeconds + 1), (final.Ending, final.Attempts));
        Assert.All(final.AttemptRecords, static record => Assert.Equal(RequestEnding.ClientGone, record.Ending));
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task Plain_embeddings_are_hedged_as_well()
    {
        const string Vectors = """{"object":"list","model":"real-b-1","data":[{"object":"embedding","index":0,"embedding":[0.5,1]}],"usage":{"prompt_tokens":4,"total_tokens":4}}""";
        var time = new JournalTime();
        var (reached, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var fleet = await StartAsync(time, Fleet.Hangs(reached), Reaches(second, Fleet.Says(200, Vectors)));

        var pending = fleet.Router.SendAsync("""{"model":"gpt-test","input":"hi"}""", LlmEndpoint.Embeddings);
        await reached.Task.WaitAsync(RouterHost.Patience);
        await PassAsync(time, second.Task);
        using var response = await pending;

        Assert.Equal((Vectors, "b/real-b"), (await response.Content.ReadAsStringAsync(), Fleet.One(response, "x-gateway-deployment")));
        Assert.Equal(2, fleet.Final().Attempts);
    }

    [Fact]
    public async Task A_plain_chat_is_never_hedged()
    {
        var time = new JournalTime();
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var fleet = await StartAsync(
            time,
            async context =>
            {
                reached.TrySetResult();
                await go.Task;
                await Fleet.Answers(0)(context);
            },
            Fleet.Answers(1));

        var pending = fleet.Router.SendAsync(Requests.Plain);
        await reached.Task.WaitAsync(RouterHost.Patience);
        await ExpectNoSecondAsync(fleet, time);
        go.SetResult();
        using var response = await pending;

        Assert.Equal(1, fleet.Final().Attempts);
    }

    [Theory]
    [InlineData("attempts")]
    [InlineData("breaker")]
    [InlineData("budget")]
    [InlineData("share")]
    [InlineData("steering")]
    [InlineData("alone")]
    public async Task There_is_no_second_call(string because)
    {
        var time = new JournalTime();
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var fleet = await StartAsync(
            Fleet.Group(group => group with
            {
                Hedge = because == "share" ? Always with { MaxPercent = 5 } : Always,
                Attempts = because == "attempts" ? 1 : 3,
                Deployments = because == "alone" ? [group.Deployments[0]] : group.Deployments,
            }),
            time,
            async context =>
            {
                reached.TrySetResult();
                await go.Task;
                await Fleet.StreamAsync(context, Fleet.StreamOf(0));
            },
            Fleet.Streams(Fleet.StreamOf(1)));
        var group = fleet.GroupOf();
        for (var i = 0; i < 6 && because == "breaker"; i++)
        {
            group.Deployments[1].State.Failed(1);
        }

        for (var i = 0; i < 7 && because == "budget"; i++)
        {
            group.State.Retries.TrySpend(1);
        }

        var body = because == "steering" ? Requests.StreamWithUsage.Replace("\"stream\":true", "\"stream\":true,\"provider\":{\"allow_fallbacks\":false}", StringComparison.Ordinal) : Requests.StreamWithUsage;
        var pending = fleet.Router.SendAsync(body);
        await reached.Task.WaitAsync(RouterHost.Patience);
        await ExpectNoSecondAsync(fleet, time);
        go.SetResult();
        using var response = await pending;

        Assert.Equal(string.Concat(Fleet.StreamOf(0)), await response.Content.ReadAsStringAsync());
        Assert.Equal(1, fleet.Final().Attempts);
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task A_hedge_that_was_not_made_leaves_the_other_keys_of_the_silent_deployment()
    {
        var time = new JournalTime();
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var fleet = await StartAsync(
            config => Fleet.Group(static group => group with { Hedge = Always })(
                Fleet.Provider(0, static provider => provider with { Keys = [TestConfig.KeyOf("key-1"), TestConfig.KeyOf("key-2")] })(config)),
            time,
            async context =>
            {
                if (reached.TrySetResult())
                {
                    await go.Task;
                    await Fleet.Says(401)(context);
                    return;
                }

                await Fleet.StreamAsync(context, Fleet.StreamOf(0));
            });

        var pending = fleet.Router.SendAsync(Requests.StreamWithUsage);
        await reached.Task.WaitAsync(RouterHost.Patience);
        await ExpectNoSecondAsync(fleet, time);
        go.SetResult();
        using var response = await Clock.RunAsync(time, pending, TimeSpan.FromMilliseconds(20));

        Assert.Equal((HttpStatusCode.OK, "2"), (response.StatusCode, Fleet.One(response, "x-gateway-attempts")));
        Assert.All(fleet.Final().AttemptRecords, static record => Assert.False(record.IsHedge));
    }

    [Fact]
    public async Task There_are_at_most_so_many_hedges_of_a_hundred_requests()
    {
        var time = new JournalTime();
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var fleet = await StartAsync(
            Fleet.Group(static group => group with { Hedge = Always with { MaxPercent = 20 } }), time,
            async context =>
            {
                var mayAnswer = go.Task;
                reached.TrySetResult();
                await mayAnswer;
                await Fleet.StreamAsync(context, Fleet.StreamOf(0));
            },
            Fleet.Streams(Fleet.StreamOf(1)));

        for (var i = 0; i < 40; i++)
        {
            (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
            var pending = fleet.Router.SendAsync(Requests.StreamWithUsage);
            await reached.Task.WaitAsync(RouterHost.Patience);

            // Silent until there was time enough for a second call, where one may be made.
            await fleet.Router.RoundTripsAsync();
            time.Advance(Silence * 1.5);
            await fleet.Router.RoundTripsAsync();
            go.SetResult();
            using var response = await pending;
            await response.Content.ReadAsStringAsync();
        }

        Assert.InRange(fleet.Journal.Finals.Sum(static final => final.AttemptRecords.Count(static record => record.IsHedge)), 1, 8);
        Assert.All(fleet.Journal.Finals, final => Fleet.Check(final, fleet.Journal.Intents));
    }

    private static HedgeConfig Always => new() { After = Silence, MaxPercent = 100 };

    private static Task<Fleet> StartAsync(TimeProvider time, params RequestDelegate[] answers) => StartAsync(Fleet.Group(static group => group with { Hedge = Always }), time, answers);

    private static Task<Fleet> StartAsync(Func<GatewayConfig, GatewayConfig> change, TimeProvider time, params RequestDelegate[] answers) => Fleet.StartAsync(change, time, answers);

    private static RequestDelegate Reaches(TaskCompletionSource reached, RequestDelegate answer) => context =>
    {
        reached.TrySetResult();
        return answer(context);
    };

    /// <summary>Lets the silence pass, in steps that no other limit notices.</summary>
    private static async Task PassAsync(JournalTime time, Task until)
    {
        for (var i = 0; i < 2000 && !until.IsCompleted; i++)
        {
            time.Advance(Silence / 100);
            await Task.WhenAny(until, Task.Delay(5));
        }

        await until.WaitAsync(RouterHost.Patience);
    }

    private static async Task ExpectNoSecondAsync(Fleet fleet, JournalTime time)
    {
        await fleet.Router.RoundTripsAsync();
        time.Advance(Silence * 2);
        await fleet.Router.RoundTripsAsync();
        Assert.Single(fleet.Journal.Intents);
        Assert.Equal(1, fleet.Calls);
    }
}
