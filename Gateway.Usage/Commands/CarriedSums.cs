using Gateway.Usage.Ledger;

namespace Gateway.Usage.Commands;

/// <summary>What a ledger keeps as sums only.</summary>
/// <param name="KeptFrom">Requests before it may be among them.</param>
/// <param name="Sum">All of them together.</param>
internal sealed record CarriedSums(DateTimeOffset KeptFrom, UsageCounters Sum);
