using System.Text.Json.Serialization;

namespace Gateway.Core.Admission.Shared;

/// <summary>
/// What an Edge without Redis asks of Usage: what was spent before it started, and which of its requests are over since. Both are POSTs with JSON and a signed context (audience Usage, role Service).
/// </summary>
public static class UsageContract
{
    public const string BudgetsPath = "/internal/usage/budgets";
    public const string SettledPath = "/internal/usage/settled";

    /// <summary>Most slots or requests in one call.</summary>
    public const int Most = 1024;
}

/// <param name="Organisation">Whose slots: their ids are unique in it only.</param>
public sealed record SpentQuery(string Organisation, IReadOnlyList<BudgetSlot> Slots);

/// <param name="Spent">Nano-USD that the ledger has for each slot alone, in the order of the query; 0 for one that it does not know.</param>
public sealed record SpentReply(IReadOnlyList<long> Spent);

/// <param name="Requests">Requests whose end is asked for.</param>
public sealed record SettledQuery(IReadOnlyList<Guid> Requests);

/// <param name="Settled">Those that are final, in any order; the others are missing.</param>
public sealed record SettledReply(IReadOnlyList<SettledRequest> Settled);

/// <param name="CostNanoUsd">What all of the request cost.</param>
/// <param name="Tokens">Input and output.</param>
public sealed record SettledRequest(Guid Id, long CostNanoUsd, long Tokens);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SpentQuery))]
[JsonSerializable(typeof(SpentReply))]
[JsonSerializable(typeof(SettledQuery))]
[JsonSerializable(typeof(SettledReply))]
public sealed partial class UsageContractJson : JsonSerializerContext;
