using System.Globalization;
using System.Net;
using Gateway.Core.Configuration;
using Gateway.Core.Tests.Journal;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Attempts;

/// <summary>Where a request goes after an upstream refused it, by what that said: to another key, deployment or model, into a pause, or back to the client.</summary>
public sealed class RefusalTests
{
    internal const string TooLong = """{"error":{"message":"This model's maximum context length is 10 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}""";

    private const string Limited = """{"error":{"message":"Rate limit reached","type":"requests","param":null,"code":"rate_limit_exceeded"}}""";

    [Theory]
    [InlineData(400)]
    [InlineData(413)]
    [InlineData(422)]
    public async Task A_wrong_request_is_told_as_the_upstream_said_it_and_asked_once(int status)
    {
        const string Error = """{"error":{"message":"'messages' must be a list","type":"invalid_request_error","param":"messages","code":null}}""";
        await using var fleet = await Fleet.StartAsync(Fleet.Says(status, Error), Fleet.Answers(1));

        using var response = await fleet.Router.SendAsync(Requests.Plain);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(Error, await response.Content.ReadAsStringAsync());
        Assert.Equal(("1", "a/real-a"), (Fleet.One(response, "x-gateway-attempts"), Fleet.One(response, "x-gateway-deployment")));
        Assert.Equal((1, 1, "bad_request"), (fleet.Calls, fleet.Final().Attempts, fleet.Final().AttemptRecords[0].Failure));
    }

    [Fact]
    public async Task What_is_too_long_goes_to_a_larger_deployment_of_the_group()
    {
        await using var fleet = await Fleet.StartAsync(
            Fleet.Group(static group => group with
            {
                Deployments = [group.Deployments[0] with { Context = 1_000 }, group.Deployments[1] with { Context = 500 }, group.Deployments[2] with { Context = 5_000 }],
            }),
            null, Fleet.Says(400, TooLong), Fleet.Answers(1), Fleet.Answers(2));

        using var response = await fleet.Router.SendAsync(Requests.Plain);

        Assert.Equal(Fleet.AnswerOf(2), await response.Content.ReadAsStringAsync());
        Assert.Empty(fleet.Seen(1));
        Assert.Equal("context_length", fleet.Final().AttemptRecords[0].Failure);
    }

    [Theory]
    [InlineData(FallbackTriggers.ContextLength, TooLong)]
    [InlineData(FallbackTriggers.ContentPolicy, """{"error":{"message":"The response was filtered.","type":"invalid_request_error","param":"prompt","code":"content_filter"}}""")]
    public async Task What_is_too_long_or_filtered_goes_to_the_fallback_for_that_and_to_no_other(FallbackTriggers trigger, string error)
    {
        var other = trigger == FallbackTriggers.ContextLength ? FallbackTriggers.ContentPolicy : FallbackTriggers.ContextLength;
        await using var fleet = await Fleet.StartAsync(
            Fleet.Groups([Fleet.To(1), Fleet.To(2, other), Fleet.To(3, trigger)]), null, Fleet.Says(400, error), Fleet.Answers(1), Fleet.Answers(2), Fleet.Answers(3));

        using var response = await fleet.Router.SendAsync(Requests.Plain);

        Assert.Equal(Fleet.AnswerOf(3), await response.Content.ReadAsStringAsync());
        Assert.Equal((0, 0, "d/real-d"), (fleet.Seen(1).Count, fleet.Seen(2).Count, Fleet.One(response, "x-gateway-deployment")));
        fleet.Final();
    }

    [Fact]
    public async Task What_is_too_long_for_a_larger_deployment_that_is_down_goes_to_no_plain_fallback()
    {
        await using var fleet = await Fleet.StartAsync(
            config =>
            {
                var groups = Fleet.Groups([Fleet.To(2)])(config);
                return Fleet.Group(group => group.Name != "gpt-test" ? group : group with
                {
                    Deployments = [Fleet.DeploymentOf(0) with { Context = 1_000 }, Fleet.DeploymentOf(1) with { Context = 5_000, Order = 2 }],
                })(groups);
            },
            new JournalTime(), Fleet.Says(400, TooLong), Fleet.Says(401), Fleet.Answers(2));

        for (var i = 0; i < 2; i++)
        {
            // The larger one refuses the gateway's only key, and is out from then on.
            using var response = await fleet.Router.SendAsync(Requests.Plain);
            Assert.Equal(i == 0 ? HttpStatusCode.OK : HttpStatusCode.BadRequest, response.StatusCode);
        }

        Assert.Equal((2, 1, 1), (fleet.Seen(0).Count, fleet.Seen(1).Count, fleet.Seen(2).Count));
    }

    [Theory]
    [InlineData(TooLong)]
    [InlineData("""{"error":{"message":"The response was filtered.","type":"invalid_request_error","param":"prompt","code":"content_filter"}}""")]
    public async Task What_is_too_long_or_filtered_is_told_where_no_fallback_is_for_it(string error)
    {
        await using var fleet = await Fleet.StartAsync(Fleet.Groups([Fleet.To(1)]), null, Fleet.Says(400, error), Fleet.Answers(1));

        using var response = await fleet.Router.SendAsync(Requests.Plain);

        Assert.Equal((HttpStatusCode.BadRequest, error), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal((1, 1), (fleet.Calls, fleet.Final().Attempts));
    }

    [Fact]
    public async Task A_model_that_is_not_there_is_looked_for_elsewhere()
    {
        await using var fleet = await Fleet.StartAsync(
            Fleet.Says(404, """{"error":{"message":"The model 'real-a' does not exist","type":"invalid_request_error","param":null,"code":"model_not_found"}}"""), Fleet.Answers(1));

        using var response = await fleet.Router.SendAsync(Requests.Plain);

        Assert.Equal(Fleet.AnswerOf(1), await response.Content.ReadAsStringAsync());
        Assert.Equal("model_missing", fleet.Final().AttemptRecords[0].Failure);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task A_refused_key_is_replaced_by_another_and_the_client_never_hears_of_it(int status)
    {
        await using var fleet = await Fleet.StartAsync(
            TwoKeys, null,
            context => context.Request.Headers.Authorization == "Bearer key-1" ? Fleet.Says(status)(context) : Fleet.Answers(0)(context));

        for (var i = 0; i < 4; i++)
        {
            using var response = await fleet.Router.SendAsync(Requests.Plain);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Equal(1, fleet.Seen(0).Count(static seen => seen.Headers["authorization"] == "Bearer key-1"));
        var failed = fleet.Journal.Finals.SelectMany(static final => final.AttemptRecords).Single(static record => record.Failure.Length > 0);
        Assert.Equal(("credential_refused", "a#1", status, 0L), (failed.Failure, failed.Credential, failed.UpstreamStatus, failed.CostNanoUsd));
        await fleet.AssertAllGivenBackAsync();
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task When_every_key_is_refused_the_client_is_told_502_and_no_more_is_asked(int status)
    {
        await using var fleet = await Fleet.StartAsync(TwoKeys, new JournalTime(), Fleet.Says(status));

        for (var i = 0; i < 3; i++)
        {
            using var response = await fleet.Router.SendAsync(Requests.Plain);
            var body = await response.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
            Assert.Contains("\"upstream_auth\"", body, StringComparison.Ordinal);
            Assert.Equal(i == 0 ? "2" : null, Fleet.One(response, "x-gateway-attempts"));
            Assert.Equal(i == 0 ? status.ToString(CultureInfo.InvariantCulture) : null, Fleet.One(response, "x-gateway-upstream-status"));
        }

        Assert.Equal(2, fleet.Calls);
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task A_limited_deployment_is_left_for_another_at_once()
    {
        await using var fleet = await Fleet.StartAsync(static config => config, new JournalTime(), Fleet.Says(429, Limited, ("retry-after", "1")), Fleet.Answers(1));

        using var response = await fleet.Router.SendAsync(Requests.Plain);

        Assert.Equal(Fleet.AnswerOf(1), await response.Content.ReadAsStringAsync());
        Assert.Null(Fleet.One(response, "retry-after"));
        Assert.Equal("rate_limited", fleet.Final().AttemptRecords[0].Failure);
    }

    [Fact]
    public async Task A_short_pause_that_the_only_provider_asks_for_is_waited_out()
    {
        var time = new JournalTime();
        await using var fleet = await Fleet.StartAsync(static config => config, time, Fleet.InTurn(Fleet.Says(429, Limited, ("retry-after", "2")), Fleet.Answers(0)));

        var pending = fleet.Router.SendAsync(Requests.Plain);
        await Fleet.UntilAsync(() => fleet.GroupOf().State.Room.Count == 1);
        time.Advance(TimeSpan.FromSeconds(1.9));
        await fleet.Router.RoundTripsAsync();
        Assert.False(pending.IsCompleted);
        Assert.Single(fleet.Seen(0));
        using var response = await Clock.RunAsync(time, pending, TimeSpan.FromMilliseconds(50));

        Assert.Equal((HttpStatusCode.OK, "2"), (response.StatusCode, Fleet.One(response, "x-gateway-attempts")));
        Assert.Equal(2, fleet.Final().Attempts);
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task Whoever_comes_while_another_waits_for_a_short_pause_is_served_after_it_as_well()
    {
        var time = new JournalTime();
        var started = time.GetUtcNow();
        await using var fleet = await Fleet.StartAsync(static config => config, time, Fleet.InTurn(Fleet.Says(429, Limited, ("retry-after", "1")), Fleet.Answers(0)));

        var pending = new List<Task<HttpResponseMessage>> { fleet.Router.SendAsync(Requests.Plain) };
        for (var i = 1; i <= 5; i++)
        {
            await Fleet.UntilAsync(() => fleet.GroupOf().State.Room.Count == i);
            pending.Add(fleet.Router.SendAsync(Requests.Plain));
        }

        var all = await Clock.RunAsync(time, Task.WhenAll(pending), TimeSpan.FromMilliseconds(20));

        Assert.All(all, static response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(7, fleet.Calls);
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task A_long_pause_is_told_to_the_client_with_its_time_and_kept()
    {
        await using var fleet = await Fleet.StartAsync(static config => config, new JournalTime(), Fleet.Says(429, Limited, ("retry-after", "5")));

        using var first = await fleet.Router.SendAsync(Requests.Plain);
        using var second = await fleet.Router.SendAsync(Requests.Plain);

        Assert.Equal((HttpStatusCode.TooManyRequests, "5", "1"), (first.StatusCode, Fleet.One(first, "retry-after"), Fleet.One(first, "x-gateway-attempts")));
        Assert.Equal(Limited, await first.Content.ReadAsStringAsync());
        Assert.Equal((HttpStatusCode.TooManyRequests, "5"), (second.StatusCode, Fleet.One(second, "retry-after")));
        Assert.Contains("\"upstream_rate_limited\"", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, fleet.Calls);
    }

    [Fact]
    public async Task An_account_without_quota_is_left_for_another()
    {
        await using var fleet = await Fleet.StartAsync(
            Fleet.Says(429, """{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"""), Fleet.Answers(1));

        for (var i = 0; i < 3; i++)
        {
            using var response = await fleet.Router.SendAsync(Requests.Plain);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Equal((1, 3), (fleet.Seen(0).Count, fleet.Seen(1).Count));
        Assert.Equal("quota_exhausted", fleet.Journal.Finals[0].AttemptRecords[0].Failure);
    }

    [Fact]
    public async Task When_everything_is_out_the_client_is_told_503_and_when_to_come_back()
    {
        await using var fleet = await Fleet.StartAsync(Fleet.Group(static group => group with { Attempts = 1 }), new JournalTime(), Fleet.Says(500));
        var refused = 0;
        for (var i = 0; i < 15; i++)
        {
            using var response = await fleet.Router.SendAsync(Requests.Plain);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                refused++;
                Assert.Contains("\"no_deployment_available\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
                Assert.InRange(int.Parse(Fleet.One(response, "retry-after")!, CultureInfo.InvariantCulture), 1, 6);
            }
        }

        // Five that opened it, and one in ten that looks all the same.
        Assert.InRange(refused, 5, 10);
        Assert.Equal(15 - refused, fleet.Calls);
        Assert.Equal(fleet.Calls, fleet.Journal.Finals.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_one_deployment_cannot_be_told_another_may(bool other)
    {
        // Anthropic has one choice only, and this group refuses losses.
        const string Request = """{"model":"gpt-test","n":2,"messages":[{"role":"user","content":"hi"}]}""";
        await using var fleet = await Fleet.StartAsync(
            config => Fleet.Provider(1, provider => other ? provider : provider with { Protocol = ProviderProtocol.Anthropic })(
                Fleet.Provider(0, static provider => provider with { Protocol = ProviderProtocol.Anthropic })(config)),
            null, Fleet.Answers(0), Fleet.Answers(1));

        using var response = await fleet.Router.SendAsync(Request);

        Assert.Equal(other ? HttpStatusCode.OK : HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal((0, other ? 1 : 0), (fleet.Seen(0).Count, fleet.Seen(1).Count));
        Assert.Equal(other ? 1 : 0, fleet.Journal.Finals.Count);
        await fleet.AssertAllGivenBackAsync();
    }

    private static GatewayConfig TwoKeys(GatewayConfig config) =>
        Fleet.Provider(0, static provider => provider with { Keys = [TestConfig.KeyOf("key-1"), TestConfig.KeyOf("key-2")] })(config);
}
