using System.Text.Json.Serialization;

namespace Gateway.Rig.History;

/// <summary>One row of <c>GET /admin/v1/requests</c>, as far as the checks need it.</summary>
public sealed record LedgerEntry
{
    public string Id { get; init; } = "";

    /// <summary>The client's tag.</summary>
    public string User { get; init; } = "";

    /// <summary>As asked for.</summary>
    public string Model { get; init; } = "";

    public string Deployment { get; init; } = "";

    public int Status { get; init; }

    public long InputTokens { get; init; }

    public long CachedTokens { get; init; }

    public long OutputTokens { get; init; }

    public long CostNanoUsd { get; init; }

    public bool Estimated { get; init; }

    public bool Incomplete { get; init; }

    /// <summary>How it ended, in the ledger's word.</summary>
    public string Ending { get; init; } = "";

    public int? AttemptCount { get; init; }

    public IReadOnlyList<LedgerAttempt>? Attempts { get; init; }
}

/// <summary>One upstream call in the ledger.</summary>
public sealed record LedgerAttempt
{
    public int Number { get; init; }

    public string Deployment { get; init; } = "";

    public string Credential { get; init; } = "";

    public string Ending { get; init; } = "";

    /// <summary>0 when no head came.</summary>
    public int UpstreamStatus { get; init; }

    public string Failure { get; init; } = "";

    /// <summary>As the upstream named it; empty when it named none.</summary>
    public string Model { get; init; } = "";

    public long InputTokens { get; init; }

    public long CachedTokens { get; init; }

    public long CacheWriteTokens { get; init; }

    public long OutputTokens { get; init; }

    public long ReasoningTokens { get; init; }

    public long CostNanoUsd { get; init; }

    public bool Estimated { get; init; }

    public long? StartMs { get; init; }

    public long? DurationMs { get; init; }

    public bool Hedge { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LedgerPage))]
[JsonSerializable(typeof(MeterPage))]
internal sealed partial class HistoryJson : JsonSerializerContext;

internal sealed record LedgerPage(IReadOnlyList<LedgerEntry> Requests, string? Next);

internal sealed record MeterPage(IReadOnlyList<MeterEntry> Requests, long Next, long Oldest);
