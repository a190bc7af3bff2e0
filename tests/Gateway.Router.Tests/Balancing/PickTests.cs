using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Balancing;

namespace Gateway.Router.Tests.Balancing;

/// <summary>What holds for every strategy in every state.</summary>
public sealed class PickTests
{
    public static TheoryData<string> All =>
    [
        .. Enum.GetNames<BalancingStrategy>(), "sort:Price", "sort:Latency", "sort:Throughput",
    ];

    [Theory]
    [MemberData(nameof(All))]
    public void A_choice_that_is_only_asked_for_changes_nothing_and_is_the_one_that_is_made(string name)
    {
        var random = new Random(7);
        for (var round = 0; round < 40; round++)
        {
            var group = InRandomState(name, random);
            for (var i = 0; i < 25; i++)
            {
                group.Now += random.NextInt64(TimeSpan.TicksPerSecond * 20);
                var (candidates, weights) = Some(group, random);
                var request = group.Request((ulong)random.Next(3), random.Next(2) == 0, random.Next(100_000), random.Next(5_000));
                var asked = new double[candidates.Length];
                var again = new double[candidates.Length];
                var made = new double[candidates.Length];

                var first = group.Strategy.Pick(candidates, weights, request, asked, commit: false);
                var second = group.Strategy.Pick(candidates, weights, request, again, commit: false);
                var third = group.Strategy.Pick(candidates, weights, request, made, commit: true);

                Assert.Equal((first, first), (second, third));
                Assert.Equal(asked, again);
                Assert.Equal(asked, made);
                Assert.InRange(third, 0, candidates.Length - 1);
                Assert.All(made, static score => Assert.True(double.IsFinite(score)));
                group.Load(candidates[third].Index).Enter();
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void One_candidate_is_taken_whatever_is_known_of_it(string name)
    {
        var random = new Random(11);
        for (var round = 0; round < 100; round++)
        {
            var group = InRandomState(name, random);
            var one = random.Next(group.Deployments.Length);
            Assert.Equal(0, group.Strategy.Pick([group.Deployments[one]], [group.Weights[one]], group.Request(1), new double[1], commit: true));
        }
    }

    private static (Router.Catalog.Deployment[] Candidates, double[] Weights) Some(Balanced group, Random random)
    {
        var chosen = group.Deployments.Where(_ => random.Next(4) > 0).ToArray();
        chosen = chosen.Length == 0 ? group.Deployments : chosen;
        return (chosen, [.. chosen.Select(deployment => deployment.Weight * (0.05 + random.NextDouble()))]);
    }

    private static Balanced InRandomState(string name, Random random)
    {
        var isSort = name.StartsWith("sort:", StringComparison.Ordinal);
        var strategy = isSort ? BalancingStrategy.WeightedRoundRobin : Enum.Parse<BalancingStrategy>(name);
        var group = new Balanced(strategy, [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.Next(1, 10))]);
        group.Price([.. group.Deployments.Select(_ => random.Next(4) == 0 ? null : new TokenPrice(random.Next(3) * 1000, 0, 0, random.Next(3) * 1000))]);
        group.Strategy = isSort ? BalancingStrategies.ForSort(Enum.Parse<PreferenceSort>(name[5..]))! : group.Strategy;
        for (var i = 0; i < group.Deployments.Length * 3; i++)
        {
            var load = group.Load(random.Next(group.Deployments.Length));
            group.Now += random.NextInt64(TimeSpan.TicksPerSecond);
            switch (random.Next(4))
            {
                case 0:
                    load.Enter();
                    break;
                case 1:
                    load.NoteFirstToken(group.Now, TimeSpan.FromSeconds(random.NextDouble()));
                    break;
                case 2:
                    load.NoteWhole(group.Now, TimeSpan.FromSeconds(random.NextDouble() * 10));
                    break;
                default:
                    load.NoteEnd(group.Now, random.Next(2) == 0, random.Next(1000), TimeSpan.FromSeconds(random.NextDouble() * 10));
                    break;
            }
        }

        return group;
    }
}
