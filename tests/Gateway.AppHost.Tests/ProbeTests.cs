using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Gateway.AppHost.Tests;

/// <summary>What AddService relies on; it holds for the real host and for the stand-in.</summary>
public sealed class ProbeTests
{
    private static IResourceBuilder<ProjectResource> Service() =>
        DistributedApplication.CreateBuilder([]).AddProject<Projects.Gateway_Usage>("usage", launchProfileName: null).WithHttpEndpoint(name: "http");

#pragma warning disable ASPIREPROBES001 // As in the AppHost.
    [Fact]
    public void Probe_OfAPathThatHasAHealthCheck_IsRefused()
    {
        var service = Service().WithHttpHealthCheck("/health");
        var refused = Assert.Throws<DistributedApplicationException>(() => service.WithHttpProbe(ProbeType.Liveness, "/health"));
        Assert.Equal("Resource 'usage' already has a health check with key 'usage_http_/health_200_check'.", refused.Message);
    }

    [Fact]
    public void Probe_IsAHealthCheckOfItsPath()
    {
        var service = Service().WithHttpProbe(ProbeType.Readiness, "/ready");
        Assert.Throws<DistributedApplicationException>(() => service.WithHttpHealthCheck("/ready"));
        service.WithHttpHealthCheck("/health");
    }

    [Fact]
    public void Probe_WithoutAnHttpEndpoint_IsRefused()
    {
        var service = DistributedApplication.CreateBuilder([]).AddProject<Projects.Gateway_Usage>("usage", launchProfileName: null);
        Assert.Throws<DistributedApplicationException>(() => service.WithHttpProbe(ProbeType.Liveness, "/health"));
    }
#pragma warning restore ASPIREPROBES001
}
