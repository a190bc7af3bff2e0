using System.Text.Json.Serialization;

namespace Gateway.Core.Journal;

/// <summary>The ledger has the batch, durably.</summary>
public sealed record UsageBatchAccepted
{
    /// <summary>Everything of this producer up to here is in the ledger and need not be sent again.</summary>
    public required long ToSeq { get; init; }
}

/// <summary>409: the batch begins after what the ledger holds.</summary>
public sealed record UsageBatchGap
{
    /// <summary>The record to go on with.</summary>
    public required long ExpectedSeq { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(UsageBatchAccepted))]
[JsonSerializable(typeof(UsageBatchGap))]
public sealed partial class UsageBatchJson : JsonSerializerContext;
