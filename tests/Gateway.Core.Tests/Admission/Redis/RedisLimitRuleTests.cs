using System.Globalization;
using Gateway.Core.Admission.Redis;
using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>What each unit of a limit does. Intervals are so long that no machine is slow enough to see a place come back, and times that must pass are written into Redis.</summary>
public sealed class RedisLimitRuleTests(AdmissionRedis redis) : IClassFixture<AdmissionRedis>
{
    private readonly AdmissionScene _scene = new(redis);

    [Fact]
    public async Task A_whole_burst_is_admitted_also_when_the_interval_is_no_whole_number()
    {
        var rule = new LimitRule("key:demo", "requests/86400", LimitUnit.Requests, 7, TimeSpan.FromDays(1), 7, Shadow: false);
        for (var i = 0; i < 7; i++)
        {
            var answer = await _scene.AdmitAsync(_scene.Request([rule]));
            Assert.Equal((AdmissionOutcome.Admitted, 6L - i), (answer.Outcome, answer.Limits[0].Remaining));
        }

        var refused = await _scene.AdmitAsync(_scene.Request([rule]));
        Assert.Equal((AdmissionOutcome.Limited, 0, 0L), (refused.Outcome, refused.Binding, refused.Limits[0].Remaining));
        Assert.InRange(refused.RetryAfter, TimeSpan.FromHours(3), TimeSpan.FromDays(1) / 7 + TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task Tokens_cost_what_they_are_and_the_wait_tells_when_they_fit()
    {
        var rule = AdmissionScene.Tokens(perMinute: 6, burst: 600);

        var first = await _scene.AdmitAsync(_scene.Request([rule], tokens: 500));
        var second = await _scene.AdmitAsync(_scene.Request([rule], tokens: 150));

        // A token each ten seconds.
        Assert.Equal((100L, TimeSpan.FromSeconds(5_000)), (first.Limits[0].Remaining, first.Limits[0].ResetAfter));
        Assert.Equal(AdmissionOutcome.Limited, second.Outcome);
        Assert.InRange(second.RetryAfter, TimeSpan.FromSeconds(440), TimeSpan.FromSeconds(500));
    }

    [Fact]
    public async Task More_tokens_than_the_burst_pass_only_when_it_is_idle_and_leave_a_debt()
    {
        var rule = AdmissionScene.Tokens(perMinute: 6, burst: 600);
        Assert.Equal(AdmissionOutcome.Admitted, (await _scene.AdmitAsync(_scene.Request([rule], tokens: 1_000))).Outcome);

        var after = await _scene.AdmitAsync(_scene.Request([rule], tokens: 1));
        var another = await _scene.AdmitAsync(_scene.Request([rule], tokens: 1_000));

        Assert.InRange(after.RetryAfter, TimeSpan.FromSeconds(3_900), TimeSpan.FromSeconds(4_010));
        Assert.InRange(another.RetryAfter, TimeSpan.FromSeconds(9_900), TimeSpan.FromSeconds(10_000));
    }

    [Theory]
    [InlineData(200, 400)]
    [InlineData(0, 600)]
    [InlineData(500, 100)]
    [InlineData(700, 0)]
    public async Task Tokens_are_corrected_to_what_was_used(long used, long remaining)
    {
        var rule = AdmissionScene.Tokens(perMinute: 6, burst: 600);
        var request = _scene.Request([rule], tokens: 500);
        var answer = await _scene.AdmitAsync(request);

        await _scene.SettleAsync(request, answer, 0, used);
        await _scene.SettleAsync(request, answer, 0, used);

        var left = await _scene.Store.PeekAsync(_scene.Request([rule]), CancellationToken.None);
        Assert.Equal(remaining, left!.Limits[0].Remaining);
    }

    [Fact]
    public async Task Tokens_of_a_voided_request_come_back_once_and_only_if_it_was_admitted()
    {
        await _scene.OpenAsync();
        var rule = AdmissionScene.Tokens(perMinute: 6, burst: 600);
        await _scene.AdmitAsync(_scene.Request([rule], tokens: 100));
        var limited = _scene.Request([rule], tokens: 200);
        var charged = _scene.Request([rule], [AdmissionScene.Budget(1_000)], new(1, 1, 0, 0, 0), tokens: 200);
        foreach (var request in new[] { limited, charged })
        {
            await _scene.AdmitAsync(request);
            await _scene.VoidAsync(request);
            await _scene.VoidAsync(request);
            await _scene.VoidAsync(request with { RequestId = Guid.CreateVersion7() });

            var left = await _scene.Store.PeekAsync(_scene.Request([rule]), CancellationToken.None);
            Assert.Equal(500, left!.Limits[0].Remaining);
        }

        // Used all the same: it counts whole.
        await _scene.SettleAsync(limited, null, 0, tokens: 50);
        Assert.Equal(450, (await _scene.Store.PeekAsync(_scene.Request([rule]), CancellationToken.None))!.Limits[0].Remaining);
    }

    [Fact]
    public async Task What_the_clock_has_given_back_is_not_given_back_again()
    {
        var rule = AdmissionScene.Tokens(perMinute: 6, burst: 600);
        var old = _scene.Request([rule], tokens: 500) with { RequestId = Guid.CreateVersion7(DateTimeOffset.UtcNow.AddHours(-3)) };
        var answer = await _scene.AdmitAsync(old);
        await redis.Database.HashDeleteAsync(ScopeKey, "tokens/60");
        await _scene.AdmitAsync(_scene.Request([rule], tokens: 500));

        // The limit was idle in between, so the first request is long paid for.
        await _scene.SettleAsync(old, answer, 0, tokens: 0);

        Assert.Equal(100, (await _scene.Store.PeekAsync(_scene.Request([rule]), CancellationToken.None))!.Limits[0].Remaining);
    }

    [Fact]
    public async Task Places_are_leases()
    {
        var rule = AdmissionScene.Concurrency(2);
        AdmissionRequest[] requests = [_scene.Request([rule]), _scene.Request([rule]), _scene.Request([rule])];
        Assert.Equal(1, (await _scene.AdmitAsync(requests[0])).Limits[0].Remaining);
        Assert.Equal(0, (await _scene.AdmitAsync(requests[1])).Limits[0].Remaining);
        var refused = await _scene.AdmitAsync(requests[2]);
        Assert.Equal((AdmissionOutcome.Limited, TimeSpan.FromSeconds(1)), (refused.Outcome, refused.RetryAfter));

        // One ends, another's holder dies.
        await _scene.SettleAsync(requests[0], null, 0);
        Assert.Equal(AdmissionOutcome.Admitted, (await _scene.AdmitAsync(requests[2])).Outcome);
        await redis.Database.SortedSetAddAsync(PlacesKey, RedisKeys.Member(requests[1].RequestId, 0), 1);
        Assert.Equal(AdmissionOutcome.Admitted, (await _scene.AdmitAsync(_scene.Request([rule]))).Outcome);
        Assert.Equal(2, await redis.Database.SortedSetLengthAsync(PlacesKey));
    }

    [Fact]
    public async Task A_renewed_place_stays_and_a_lost_one_is_made_again()
    {
        var rule = AdmissionScene.Concurrency(2);
        AdmissionRequest[] requests = [_scene.Request([rule]), _scene.Request([rule])];
        await _scene.AdmitAsync(requests[0]);
        await _scene.AdmitAsync(requests[1]);
        await redis.Database.SortedSetAddAsync(PlacesKey, RedisKeys.Member(requests[0].RequestId, 0), 1);
        await redis.Database.SortedSetRemoveAsync(PlacesKey, RedisKeys.Member(requests[1].RequestId, 0));

        Hold[] holds = [AdmissionScene.Hold(requests[0], null), AdmissionScene.Hold(requests[1], null)];
        await _scene.Store.RenewAsync(_scene.Organisation, "router", holds, isAll: false, CancellationToken.None);

        Assert.Equal(AdmissionOutcome.Limited, (await _scene.AdmitAsync(_scene.Request([rule]))).Outcome);

        // Not those that ended.
        await _scene.SettleAsync(requests[0], null, 0);
        await _scene.VoidAsync(requests[1]);
        await _scene.Store.RenewAsync(_scene.Organisation, "router", holds, isAll: false, CancellationToken.None);
        Assert.Equal(0, await redis.Database.SortedSetLengthAsync(PlacesKey));
    }

    [Fact]
    public async Task Sessions_are_counted_once_and_leave_after_their_window()
    {
        var rule = AdmissionScene.Sessions(2, TimeSpan.FromHours(1));
        Assert.Equal(1, (await _scene.AdmitAsync(_scene.Request([rule], session: "a"))).Limits[0].Remaining);
        Assert.Equal(0, (await _scene.AdmitAsync(_scene.Request([rule], session: "b"))).Limits[0].Remaining);
        Assert.Equal(AdmissionOutcome.Admitted, (await _scene.AdmitAsync(_scene.Request([rule], session: "a"))).Outcome);

        // "b" is the one that was not seen for longest.
        var now = await redis.MicrosAsync();
        await redis.Database.SortedSetAddAsync(SessionsKey, "b", now - 2_400_000_000.0);
        var refused = await _scene.AdmitAsync(_scene.Request([rule], session: "c"));
        Assert.Equal(AdmissionOutcome.Limited, refused.Outcome);
        Assert.InRange(refused.RetryAfter, TimeSpan.FromMinutes(19), TimeSpan.FromMinutes(20));

        await redis.Database.SortedSetAddAsync(SessionsKey, "b", now - 3_600_000_001.0);
        Assert.Equal(AdmissionOutcome.Admitted, (await _scene.AdmitAsync(_scene.Request([rule], session: "c"))).Outcome);
        Assert.Equal(2, await redis.Database.SortedSetLengthAsync(SessionsKey));
    }

    [Fact]
    public async Task A_limit_in_shadow_mode_reports_and_never_refuses()
    {
        LimitRule[] rules = [AdmissionScene.Requests(1, 1, shadow: true), AdmissionScene.Concurrency(1, shadow: true)];
        await _scene.AdmitAsync(_scene.Request(rules));

        var answer = await _scene.AdmitAsync(_scene.Request(rules));

        Assert.Equal((AdmissionOutcome.Admitted, -1, TimeSpan.Zero), (answer.Outcome, answer.Binding, answer.RetryAfter));
        Assert.All(answer.Limits, static limit => Assert.True(limit.Exceeded));

        // What would have been refused consumes nothing of the rate.
        Assert.InRange(answer.Limits[0].ResetAfter, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task The_limit_that_takes_longest_binds()
    {
        LimitRule[] rules =
        [
            AdmissionScene.Requests(1, 1),
            new("team:a", "requests/3600", LimitUnit.Requests, 1, TimeSpan.FromHours(1), 1, Shadow: false),
            AdmissionScene.Concurrency(1),
        ];
        await _scene.AdmitAsync(_scene.Request(rules));

        var refused = await _scene.AdmitAsync(_scene.Request(rules));

        Assert.Equal(1, refused.Binding);
        Assert.Equal([true, true, true], refused.Limits.Select(static limit => limit.Exceeded));
    }

    [Fact]
    public async Task Keys_of_rates_live_as_long_as_their_longest_time_and_a_second()
    {
        await _scene.AdmitAsync(_scene.Request([AdmissionScene.Requests(1, 1), AdmissionScene.Tokens(60, 60)], tokens: 10));
        Assert.InRange((await redis.Database.KeyTimeToLiveAsync(ScopeKey))!.Value, TimeSpan.FromSeconds(55), TimeSpan.FromSeconds(61.1));

        // A shorter one does not shorten it, a longer one makes it longer.
        await _scene.AdmitAsync(_scene.Request([AdmissionScene.Tokens(60, 60)], tokens: 1));
        Assert.InRange((await redis.Database.KeyTimeToLiveAsync(ScopeKey))!.Value, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(61.1));
        await _scene.AdmitAsync(_scene.Request([new LimitRule("key:demo", "requests/3600", LimitUnit.Requests, 1, TimeSpan.FromHours(1), 1, Shadow: false)]));
        Assert.InRange((await redis.Database.KeyTimeToLiveAsync(ScopeKey))!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(60.1));
    }

    [Theory]
    [InlineData("requests/60", "garbage")]
    [InlineData("requests/60", "99999999999999999999")]
    [InlineData("tokens/60", "garbage")]
    [InlineData("tokens/60", "-1 -1")]
    public async Task Odd_state_locks_nobody_out_for_long(string name, string value)
    {
        await redis.Database.HashSetAsync(ScopeKey, name, value);
        LimitRule[] rules = [name[0] == 'r' ? AdmissionScene.Requests(60, 2) : AdmissionScene.Tokens(60, 2)];

        var answer = await _scene.AdmitAsync(_scene.Request(rules, tokens: 1));

        Assert.True(answer.RetryAfter <= TimeSpan.FromSeconds(2), answer.RetryAfter.ToString(null, CultureInfo.InvariantCulture));
    }

    private string ScopeKey => "{" + _scene.Organisation + "}:s:key:demo";

    private string PlacesKey => "{" + _scene.Organisation + "}:c:key:demo|concurrency";

    private string SessionsKey => "{" + _scene.Organisation + "}:n:key:demo|sessions";
}
