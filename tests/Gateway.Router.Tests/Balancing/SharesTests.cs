using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Router.Balancing;

namespace Gateway.Router.Tests.Balancing;

/// <summary>Who gets how much of the traffic, measured over many choices.</summary>
public sealed class SharesTests
{
    private static readonly TimeSpan HalfMinute = TimeSpan.FromSeconds(30);

    [Fact]
    public void Round_robin_follows_weights_within_2_percent()
    {
        var group = new Balanced(BalancingStrategy.WeightedRoundRobin, 1, 2, 7);
        Repeat(10_000, () => group.Pick());
        Assert.Equal(0.1, group.ShareOf(0), 0.002);
        Assert.Equal(0.2, group.ShareOf(1), 0.004);
        Assert.Equal(0.7, group.ShareOf(2), 0.014);
    }

    [Fact]
    public void Idle_deployments_share_by_weight_when_the_least_busy_is_taken()
    {
        var group = new Balanced(BalancingStrategy.LeastBusy, 1, 2, 7);
        Repeat(40_000, () => group.Pick());
        Assert.Equal(0.1, group.ShareOf(0), 0.01);
        Assert.Equal(0.7, group.ShareOf(2), 0.014);
    }

    [Fact]
    public void Running_calls_are_kept_in_proportion_to_weight()
    {
        var group = new Balanced(BalancingStrategy.LeastBusy, 1, 2, 7);
        Repeat(1000, () => group.Load(group.Pick()).Enter());
        Assert.Equal([100, 200, 700], group.Picks);
    }

    [Fact]
    public void A_busy_deployment_gets_less()
    {
        var group = new Balanced(BalancingStrategy.LeastBusy, 1, 1);
        group.Run(perSecond: 100, HalfMinute, static index => index == 0 ? 1.0 : 0.1);
        Assert.InRange(group.ShareOf(0), 0.05, 0.15);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(5, true)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    public void A_host_10_times_slower_gets_under_10_percent_and_its_share_again_when_it_is_fast(int hosts, bool stream)
    {
        var group = new Balanced(BalancingStrategy.LowestLatency, [.. Enumerable.Repeat(1, hosts)]);
        group.Run(perSecond: 50, HalfMinute, static index => index == 0 ? 2.0 : 0.2, stream: stream);

        group.Run(perSecond: 50, HalfMinute, static index => index == 0 ? 2.0 : 0.2, stream: stream);
        Assert.InRange(group.ShareOf(0), 0.0001, 0.1);

        group.Run(perSecond: 50, HalfMinute, static _ => 0.2, stream: stream);
        group.Run(perSecond: 50, HalfMinute, static _ => 0.2, stream: stream);
        Assert.InRange(group.ShareOf(0) * hosts, 0.8, 1.2);
    }

    [Fact]
    public void A_slow_host_is_left_alone_also_when_requests_are_rare()
    {
        var group = new Balanced(BalancingStrategy.LowestLatency, 1, 1);
        group.Run(perSecond: 0.05, TimeSpan.FromHours(10), static index => index == 0 ? 2.0 : 0.2);
        Assert.InRange(group.ShareOf(0), 0.0001, 0.1);
    }

    [Fact]
    public void A_slow_host_that_became_fast_is_found_also_when_requests_are_rare()
    {
        // So rare that no queue at the fast host ever pushes one to the slow.
        var group = new Balanced(BalancingStrategy.LowestLatency, 1, 1);
        group.Run(perSecond: 0.2, TimeSpan.FromHours(1), static index => index == 0 ? 20.0 : 0.2);

        group.Run(perSecond: 0.2, TimeSpan.FromHours(1), static _ => 0.2);
        Assert.InRange(group.ShareOf(0), 0.2, 0.8);
    }

    [Fact]
    public void An_untried_deployment_gets_one_call_and_no_crowd()
    {
        var group = new Balanced(BalancingStrategy.LowestLatency, 1, 1);
        group.Load(0).NoteFirstToken(1, TimeSpan.FromSeconds(0.2));

        for (var i = 0; i < 100; i++)
        {
            group.Load(group.Pick()).Enter();
        }

        Assert.Equal(1, group.Picks[1]);
    }

    [Fact]
    public void A_deployment_that_fails_at_once_does_not_look_fast()
    {
        var group = new Balanced(BalancingStrategy.LowestLatency, 1, 1, 1);
        group.Run(perSecond: 50, HalfMinute, static _ => 0.2, fails: static index => index == 0);
        Assert.InRange(group.ShareOf(0), 0.0001, 0.1);
    }

    [Fact]
    public void The_cheapest_depends_on_the_shape_of_the_request()
    {
        var group = new Balanced(BalancingStrategy.LowestCost, 1, 1, 1);
        group.Price(new TokenPrice(1_000, 0, 0, 30_000), new TokenPrice(5_000, 0, 0, 10_000), null);

        Assert.Equal(0, group.Pick(group.Request(input: 100_000, output: 100)));
        Assert.Equal(1, group.Pick(group.Request(input: 1_000, output: 4_000)));
    }

    [Fact]
    public void What_has_no_price_is_taken_only_when_nothing_else_is_there()
    {
        var group = new Balanced(BalancingStrategy.LowestCost, 1, 1);
        group.Price(null, new TokenPrice(900_000_000_000, 0, 0, 900_000_000_000));
        Assert.Equal(1, group.Pick());

        group.Price(null, null);
        Repeat(100, () => group.Load(group.Pick()).Enter());
        Assert.Equal(group.Load(0).InFlight, group.Load(1).InFlight);
    }

    [Fact]
    public void Costs_within_1_percent_share_by_load_and_weight()
    {
        var group = new Balanced(BalancingStrategy.LowestCost, 1, 3, 1);
        group.Price(new TokenPrice(1_000_000, 0, 0, 1_000_000), new TokenPrice(1_009_000, 0, 0, 1_009_000), new TokenPrice(1_020_000, 0, 0, 1_020_000));
        Repeat(400, () => group.Load(group.Pick()).Enter());
        Assert.Equal([100, 300, 0], group.Picks);
    }

    [Fact]
    public void The_most_quota_is_the_mean_of_the_keys_by_their_weight()
    {
        // Keys of weight 1 and 3: p0 has 0.25 left in all, p1 0.75, although the best single key is the same.
        var group = new Balanced(BalancingStrategy.MostQuota, 1, 1);
        var rich = group.Deployments[1].State.Lanes[1];
        var poor = group.Deployments[0].State.Lanes[0];
        group.Strategy = new MostQuota((lane, _) => lane == rich || lane == poor ? 1 : 0);

        Assert.Equal(1, group.Pick());
        Assert.Equal([0.75, 0.25], group.Scores);
    }

    [Fact]
    public void Quota_is_what_providers_say_in_their_answers()
    {
        var group = new Balanced(BalancingStrategy.MostQuota, 1, 1);
        foreach (var lane in group.Deployments[0].State.Lanes)
        {
            using var answer = new HttpResponseMessage();
            answer.Headers.Add("x-ratelimit-limit-requests", "100");
            answer.Headers.Add("x-ratelimit-remaining-requests", "10");
            answer.Headers.Add("x-ratelimit-reset-requests", "60s");
            lane.Learn(answer, group.Now, DateTimeOffset.UnixEpoch);
        }

        Repeat(20, () => Assert.Equal(1, group.Pick()));
        Assert.Equal(0.9, group.Scores[0], 0.01);
    }

    [Fact]
    public void Equal_quota_is_shared_by_load()
    {
        var group = new Balanced(BalancingStrategy.MostQuota, 1, 3);
        Repeat(400, () => group.Load(group.Pick()).Enter());
        Assert.Equal([100, 300], group.Picks);
    }

    [Theory]
    [InlineData(BalancingStrategy.WeightedRoundRobin, 0.02)]
    [InlineData(BalancingStrategy.Sticky, 0.02)]
    [InlineData(BalancingStrategy.LeastBusy, 0.1)]
    [InlineData(BalancingStrategy.Hybrid, 0.15)]
    public void A_weight_that_ramps_up_is_followed(BalancingStrategy strategy, double within)
    {
        var group = new Balanced(strategy, 10, 10);
        foreach (var step in (double[])[0.1, 0.25, 0.5, 1])
        {
            Array.Clear(group.Picks);
            group.Weights[0] = 10 * step;
            Repeat(10_000, () => group.Pick());
            var expected = step / (step + 1);
            Assert.InRange(group.ShareOf(0), expected * (1 - within), expected * (1 + within));
        }
    }

    private static void Repeat(int times, Action action)
    {
        for (var i = 0; i < times; i++)
        {
            action();
        }
    }
}
