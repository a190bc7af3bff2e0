using System.Diagnostics.Metrics;
using Gateway.Core.Admission;
using Gateway.Edge.Admission;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Edge.Tests.Admission;

/// <summary>The limiter of one Edge on shared limits.</summary>
internal sealed class LeasingEdge
{
    private static readonly IMeterFactory Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    public LeasingEdge(TimeProvider time, ISharedLimits redis)
    {
        Local = new LocalRateLimiter(time);
        Limiter = new EdgeRateLimiter(Local, new EdgeMetrics(Meters), redis);
    }

    public LocalRateLimiter Local { get; }

    public EdgeRateLimiter Limiter { get; }
}
