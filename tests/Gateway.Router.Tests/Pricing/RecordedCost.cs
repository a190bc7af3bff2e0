using System.Globalization;
using Gateway.Core.Money;
using Gateway.Core.Tests;

namespace Gateway.Router.Tests.Pricing;

/// <summary>A line of <c>recorded-costs.txt</c>.</summary>
internal sealed record RecordedCost(string Id, string Vendor, string Model, ServiceTier Tier, TokenUsage Usage, TokenPrice Price, long NanoUsd)
{
    public static readonly IReadOnlyDictionary<string, RecordedCost> Table = File.ReadLines(RepositoryFiles.PathOf("tests", "Gateway.Router.Tests", "Pricing", "recorded-costs.txt"))
        .Where(static line => !line.StartsWith('#')).Select(static line => Read(line.Split('|', StringSplitOptions.TrimEntries))).ToDictionary(static row => row.Id);

    private static RecordedCost Read(string[] cells)
    {
        var tokens = cells[3..9].Select(static cell => long.Parse(cell, CultureInfo.InvariantCulture)).ToArray();
        var model = cells[1].Split('/', 2);
        return new RecordedCost(
            cells[0], model[0], model[1], ServiceTiers.Of(cells[2]),
            new TokenUsage(tokens[0] + tokens[1] + tokens[2] + tokens[3], tokens[1], tokens[2] + tokens[3], tokens[4] + tokens[5], tokens[5]) { CacheWrite1h = tokens[3] },
            new TokenPrice(Nano(cells[9])!.Value, Nano(cells[10])!.Value, Nano(cells[11])!.Value, Nano(cells[13])!.Value) { CacheWrite1h = Nano(cells[12]), Reasoning = Nano(cells[14]) },
            long.Parse(cells[16], CultureInfo.InvariantCulture));
    }

    private static long? Nano(string usd) => usd.Length == 0 ? null : (long)(decimal.Parse(usd, CultureInfo.InvariantCulture) * TokenPrice.NanoPerUsd);
}
