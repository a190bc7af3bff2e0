using Gateway.Core.Configuration;

namespace Gateway.Router.Tests.Balancing;

public sealed class StickyTests
{
    private const int Sessions = 10_000;

    [Fact]
    public void Sessions_are_shared_by_weight_within_2_points()
    {
        var group = new Balanced(BalancingStrategy.Sticky, 1, 1, 2, 2, 4);
        Homes(group);
        for (var i = 0; i < group.Weights.Length; i++)
        {
            Assert.Equal(group.Weights[i] / 10, group.ShareOf(i), 0.02);
        }
    }

    [Fact]
    public void A_session_stays_where_it_is()
    {
        var group = new Balanced(BalancingStrategy.Sticky, 1, 1, 2, 2, 4);
        var before = Homes(group);

        // Another Router, other rolls, other load, quota that shrinks: the same homes.
        var other = new Balanced(BalancingStrategy.Sticky, 1, 1, 2, 2, 4);
        other.Pick();
        other.Load(0).Enter();
        other.Weights[4] *= 0.3;
        Assert.Equal(before, Homes(other));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public void Only_the_sessions_of_a_deployment_that_leaves_move(int leaver)
    {
        var group = new Balanced(BalancingStrategy.Sticky, 1, 1, 2, 2, 4);
        var before = Homes(group);

        var rest = group.Deployments.Where(deployment => deployment.Index != leaver).ToArray();
        var weights = rest.Select(static deployment => (double)deployment.Weight).ToArray();
        var scores = new double[rest.Length];
        var moved = 0;
        for (var session = 0; session < Sessions; session++)
        {
            var home = rest[group.Strategy.Pick(rest, weights, group.Request(Affinity(session)), scores, commit: true)].Index;
            Assert.True(home == before[session] || before[session] == leaver);
            moved += home == before[session] ? 0 : 1;
        }

        Assert.Equal(before.Count(home => home == leaver), moved);
        Assert.Equal(before, Homes(group));
    }

    [Fact]
    public void Sessions_come_back_bit_by_bit_to_a_deployment_that_recovers()
    {
        var group = new Balanced(BalancingStrategy.Sticky, 1, 1);
        var before = Homes(group);
        var state = group.Deployments[0].State;
        for (var i = 0; i < 5; i++)
        {
            state.Breaker.Failed(group.Now);
        }

        group.Now = state.Breaker.OpenUntil + 1;
        Assert.True(state.TryBeginProbe(group.Now));
        state.Breaker.Succeeded(group.Now);

        var ramps = new List<double>();
        for (; ramps.Count == 0 || ramps[^1] < 1; group.Now += TimeSpan.TicksPerSecond)
        {
            var ramp = state.RampAt(group.Now);
            if (ramps.Count > 0 && ramp == ramps[^1])
            {
                continue;
            }

            ramps.Add(ramp);
            var homes = Homes(group);
            Assert.Equal(ramp / (ramp + 1), homes.Count(static home => home == 0) / (double)Sessions, 0.02);
            Assert.DoesNotContain(homes.Zip(before), static pair => pair.First == 0 && pair.Second == 1);
        }

        Assert.Equal([0.1, 0.25, 0.5, 1], ramps);
        Assert.Equal(before, Homes(group));
    }

    [Fact]
    public void Without_a_session_requests_share_by_weight()
    {
        var group = new Balanced(BalancingStrategy.Sticky, 1, 3);
        for (var i = 0; i < 400; i++)
        {
            group.Pick();
        }

        Assert.Equal([100, 300], group.Picks);
    }

    private static ulong Affinity(int session) => (ulong)session + 1;

    private static int[] Homes(Balanced group) => [.. Enumerable.Range(0, Sessions).Select(session => group.Pick(group.Request(Affinity(session))))];
}
