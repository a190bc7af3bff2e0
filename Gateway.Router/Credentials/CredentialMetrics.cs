using System.Diagnostics.Metrics;
using Gateway.Router.Telemetry;

namespace Gateway.Router.Credentials;

/// <summary>How many of each provider's keys are refused. Labels are those of the document: as many as it has keys.</summary>
internal static class CredentialMetrics
{
    public static void Add(IMeterFactory meters, CredentialPools pools) => meters.Create(RouterTraces.Name).CreateObservableGauge(
        "gateway.credentials.quarantined", () => Measure(pools), "{credential}", "1 while a provider refuses the key at one deployment or all of them, else 0.");

    private static IEnumerable<Measurement<int>> Measure(CredentialPools pools)
    {
        foreach (var (provider, label, isQuarantined) in pools.Quarantines())
        {
            yield return new Measurement<int>(isQuarantined ? 1 : 0, new("gateway.provider", provider), new("gateway.credential", label));
        }
    }
}
