using System.Diagnostics.Metrics;
using Gateway.Core.Configuration.Store;

namespace Gateway.Core.Pricing;

/// <summary>Whether the prices in force are those that the operator wants.</summary>
internal sealed class PriceMetrics
{
    public const string MeterName = "Gateway.Prices";

    public PriceMetrics(IMeterFactory meters, ConfigStore store) => meters.Create(MeterName).CreateObservableGauge(
        "gateway.prices.refused", () => store.CatalogueProblem is null ? 0 : 1, unit: "{catalogue}", description: "1 while the newest catalogue of prices is refused and the one before is in force.");
}
