using System.Diagnostics.Metrics;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Cooldowns;

/// <summary>The states of configured deployments. Asked for when somebody looks; costs requests nothing.</summary>
internal sealed class CooldownGauges
{
    public CooldownGauges(IMeterFactory meters, ModelCatalog catalog, RouterPeers peers, RouterClock clock)
    {
        var meter = meters.Create(CooldownMetrics.MeterName);
        meter.CreateObservableGauge(
            "gateway.deployment.state", () => Observe(catalog.Current, clock.Now), "{state}", "0 closed, 1 recovering with less than its weight, 2 half-open, 3 open; the worse of the deployment and its address.");
        meter.CreateObservableGauge("gateway.routers", () => peers.Count, "{router}", "Routers that live, as this one knows: limits towards upstreams are divided by it.");
    }

    private static IEnumerable<Measurement<int>> Observe(CatalogSnapshot catalog, long now) => ConfiguredDeployments.Of(catalog)
        .Select(deployment => new Measurement<int>((int)DeploymentHealth.Of(deployment.State, now), new KeyValuePair<string, object?>("gateway.deployment", deployment.MetricName)));
}
