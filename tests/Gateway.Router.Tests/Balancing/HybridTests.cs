using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Balancing;

namespace Gateway.Router.Tests.Balancing;

public sealed class HybridTests
{
    private static readonly TokenPrice Dear = new(10_000_000, 0, 0, 10_000_000);
    private static readonly TokenPrice Cheap = new(1_000_000, 0, 0, 1_000_000);

    [Fact]
    public void Presets_choose_what_their_names_say()
    {
        // p0: cheap, slow, busy. p1: dear, fast, busy. p2: dear, rather slow, idle.
        Assert.Equal(0, Choice(HybridWeights.CostFirst));
        Assert.Equal(1, Choice(HybridWeights.TokenFirst));
        Assert.Equal(2, Choice(HybridWeights.RequestFirst));

        static int Choice(HybridWeights priority)
        {
            var group = With(priority, 1, 1, 1);
            group.Price(Cheap, Dear, Dear);
            Measure(group, 0, first: 0.3, perToken: 0.08);
            Measure(group, 1, first: 0.3, perToken: 0.01);
            Measure(group, 2, first: 0.3, perToken: 0.06);
            Busy(group, 0, 40);
            Busy(group, 1, 40);
            return group.Pick();
        }
    }

    [Fact]
    public void Balanced_counts_all_four()
    {
        foreach (var worse in (Action<Balanced>[])
        [
            static group => group.Price(Dear, Cheap),
            static group => Measure(group, 0, first: 3, perToken: 0.01),
            static group => Busy(group, 0, 40),
            static group => Fail(group, 0),
        ])
        {
            var group = With(HybridWeights.Balanced, 1, 1);
            group.Price(Dear, Dear);
            worse(group);
            Measure(group, 1, first: 0.3, perToken: 0.01);
            if (!group.Load(0).ReadAt(1).FirstToken.IsKnown)
            {
                Measure(group, 0, first: 0.3, perToken: 0.01);
            }

            for (var i = 0; i < 100; i++)
            {
                group.Pick();
            }

            Assert.Equal(0, group.Picks[0]);
            Assert.True(group.Scores[0] > group.Scores[1]);
        }
    }

    [Fact]
    public void Equals_share_by_weight()
    {
        var group = With(HybridWeights.Balanced, 1, 3);
        Measure(group, 0, first: 0.30, perToken: 0.01);
        Measure(group, 1, first: 0.31, perToken: 0.01);
        for (var i = 0; i < 10_000; i++)
        {
            group.Pick();
        }

        Assert.Equal(0.25, group.ShareOf(0), 0.02);
    }

    [Fact]
    public void A_slow_host_gets_little_and_its_share_again_when_it_is_fast()
    {
        var group = With(HybridWeights.TokenFirst, 1, 1, 1);
        group.Run(perSecond: 50, TimeSpan.FromSeconds(30), static index => index == 0 ? 2.0 : 0.2);
        group.Run(perSecond: 50, TimeSpan.FromSeconds(30), static index => index == 0 ? 2.0 : 0.2);
        Assert.InRange(group.ShareOf(0), 0.0001, 0.1);

        group.Run(perSecond: 50, TimeSpan.FromSeconds(60), static _ => 0.2);
        group.Run(perSecond: 50, TimeSpan.FromSeconds(30), static _ => 0.2);
        Assert.InRange(group.ShareOf(0) * 3, 0.7, 1.3);
    }

    [Fact]
    public void Scores_lie_between_0_and_1_whatever_the_weights_add_up_to()
    {
        var group = With(new HybridWeights(7, 1, 1, 1), 1, 1);
        group.Price(Dear, null);
        Fail(group, 0);
        group.Pick();
        Assert.All(group.Scores, static score => Assert.InRange(score, 0, 1));
    }

    [Theory]
    [InlineData(PreferenceSort.Price, 0)]
    [InlineData(PreferenceSort.Latency, 1)]
    [InlineData(PreferenceSort.Throughput, 2)]
    public void A_request_can_ask_for_the_best_of_one_thing(PreferenceSort sort, int best)
    {
        var group = With(HybridWeights.Balanced, 1, 1, 1);
        group.Price(Cheap, Dear, Dear);
        Measure(group, 0, first: 0.5, perToken: 0.05);
        Measure(group, 1, first: 0.1, perToken: 0.05);
        Measure(group, 2, first: 0.5, perToken: 0.01);
        group.Strategy = BalancingStrategies.ForSort(sort)!;
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(best, group.Pick());
        }
    }

    [Fact]
    public void A_request_that_asks_for_nothing_is_left_to_the_group() => Assert.Null(BalancingStrategies.ForSort(PreferenceSort.None));

    private static Balanced With(HybridWeights priority, params int[] weights) =>
        new(new ModelGroupConfig { Name = "group", Deployments = [], Strategy = BalancingStrategy.Hybrid, Priority = priority }, weights);

    private static void Measure(Balanced group, int index, double first, double perToken)
    {
        group.Load(index).NoteFirstToken(group.Now, TimeSpan.FromSeconds(first));
        group.Load(index).NoteEnd(group.Now, failed: false, outputTokens: 100, TimeSpan.FromSeconds(100 * perToken));
    }

    private static void Busy(Balanced group, int index, int calls)
    {
        for (var i = 0; i < calls; i++)
        {
            group.Load(index).Enter();
        }
    }

    private static void Fail(Balanced group, int index)
    {
        for (var i = 0; i < 20; i++)
        {
            group.Load(index).NoteEnd(group.Now, failed: true, 0, TimeSpan.Zero);
        }
    }
}
