using System.Globalization;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Commands;

/// <summary>What a ledger keeps as sums only.</summary>
/// <param name="KeptFrom">Requests before it may be among them.</param>
/// <param name="Sum">All of them together.</param>
internal sealed record CarriedSums(DateTimeOffset KeptFrom, UsageCounters Sum)
{
    /// <summary>Days (UTC) that have any.</summary>
    public int Days { get; init; }

    /// <summary>For people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Sum.Requests} requests of {Days} {(Days == 1 ? "day" : "days")} before {KeptFrom:yyyy-MM-dd}, which cost {VerifyCommand.Usd(Sum.CostNanoUsd)} USD, are kept as sums only");
}
