using System.Diagnostics;
using Gateway.Router.Telemetry;

namespace Gateway.Router.Tests.Telemetry;

public sealed class TracedRequestsTests
{
    [Fact]
    public void A_trace_is_taken_once()
    {
        var traced = new TracedRequests();
        var (id, trace) = (Guid.NewGuid(), NewTrace());
        Assert.True(traced.IsEmpty);
        traced.Add(id, trace);
        Assert.False(traced.IsEmpty);

        Assert.True(traced.TryTake(id, out var taken));
        Assert.Equal(trace, taken);
        Assert.False(traced.TryTake(id, out _));
        Assert.True(traced.IsEmpty);
    }

    [Fact]
    public void While_nothing_is_shipped_the_oldest_are_forgotten()
    {
        var traced = new TracedRequests();
        var ids = Enumerable.Range(0, TracedRequests.Most + 10).Select(static _ => Guid.NewGuid()).ToArray();
        foreach (var id in ids)
        {
            traced.Add(id, NewTrace());
        }

        Assert.All(ids.Take(10), id => Assert.False(traced.TryTake(id, out _)));
        Assert.All(ids.Skip(10), id => Assert.True(traced.TryTake(id, out _)));
    }

    [Fact]
    public void Those_that_were_taken_make_room()
    {
        var traced = new TracedRequests();
        var first = Guid.NewGuid();
        traced.Add(first, NewTrace());
        for (var i = 0; i < 3 * TracedRequests.Most; i++)
        {
            var id = Guid.NewGuid();
            traced.Add(id, NewTrace());
            Assert.True(traced.TryTake(id, out _));
        }

        // Still there: what came and went beside it did not push it out.
        Assert.True(traced.TryTake(first, out _));
    }

    private static ActivityContext NewTrace() => new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
}
