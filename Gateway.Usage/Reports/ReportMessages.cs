using System.Text.Json.Serialization;

namespace Gateway.Usage.Reports;

/// <summary><c>GET /admin/v1/requests</c>.</summary>
internal sealed record RequestsReport
{
    public required IReadOnlyList<RequestRow> Requests { get; init; }

    /// <summary>Cursor of the next page, or null at the end.</summary>
    public required string? Next { get; init; }
}

internal sealed record RequestRow
{
    public required string Id { get; init; }

    public required string Time { get; init; }

    public required string Key { get; init; }

    public required string Team { get; init; }

    public required string User { get; init; }

    /// <summary>As the client asked for it.</summary>
    public required string Model { get; init; }

    public required string Deployment { get; init; }

    /// <summary>0 when the Router died and nobody knows.</summary>
    public required int Status { get; init; }

    public required string Ending { get; init; }

    public required bool Stream { get; init; }

    public required long InputTokens { get; init; }

    public required long CachedTokens { get; init; }

    public required long CacheWriteTokens { get; init; }

    public required long OutputTokens { get; init; }

    public required long ReasoningTokens { get; init; }

    public required long AudioInputTokens { get; init; }

    public required long AudioOutputTokens { get; init; }

    public required long CostNanoUsd { get; init; }

    public required bool Estimated { get; init; }

    /// <summary>Arrival at the Router to the end.</summary>
    public required long DurationMs { get; init; }

    /// <summary>Arrival at the Router to the first byte of content; -1 when there was none.</summary>
    public required long TtftMs { get; init; }

    /// <summary>Calls made, which may be more than are listed.</summary>
    public required int AttemptCount { get; init; }

    /// <summary>In the order of dispatch.</summary>
    public required IReadOnlyList<AttemptRow> Attempts { get; init; }
}

/// <summary>One call to an upstream, and what it is charged for.</summary>
internal sealed record AttemptRow
{
    public required int Number { get; init; }

    public required string Deployment { get; init; }

    /// <summary>Label of the provider's key; empty where there is one or none.</summary>
    public required string Credential { get; init; }

    public required string Ending { get; init; }

    /// <summary>0 when no head came.</summary>
    public required int UpstreamStatus { get; init; }

    /// <summary>Class of the failure; empty when it answered.</summary>
    public required string Failure { get; init; }

    /// <summary>As the upstream named it.</summary>
    public required string Model { get; init; }

    public required long InputTokens { get; init; }

    public required long CachedTokens { get; init; }

    public required long CacheWriteTokens { get; init; }

    public required long OutputTokens { get; init; }

    public required long ReasoningTokens { get; init; }

    public required long CostNanoUsd { get; init; }

    public required bool Estimated { get; init; }

    /// <summary>Arrival of the request at the Router to the dispatch.</summary>
    public required long StartMs { get; init; }

    public required long DurationMs { get; init; }

    /// <summary>Dispatch to the first byte of content; -1 when there was none.</summary>
    public required long TtftMs { get; init; }

    /// <summary>Sent beside an earlier call that had not answered yet.</summary>
    public required bool Hedge { get; init; }
}

/// <summary><c>GET /admin/v1/usage</c>.</summary>
internal sealed record UsageReport
{
    public required IReadOnlyList<UsageRow> Groups { get; init; }

    public required UsageRow Total { get; init; }
}

/// <summary>Sums, with the dimensions that were asked for.</summary>
internal sealed record UsageRow
{
    public string? Key { get; init; }

    public string? Model { get; init; }

    public string? Deployment { get; init; }

    public string? Provider { get; init; }

    public string? Team { get; init; }

    public string? User { get; init; }

    public string? Organisation { get; init; }

    public string? Tag { get; init; }

    public string? Hour { get; init; }

    public string? Day { get; init; }

    public string? Month { get; init; }

    public string? Status { get; init; }

    public required long Requests { get; init; }

    public required long InputTokens { get; init; }

    public required long CachedTokens { get; init; }

    public required long CacheWriteTokens { get; init; }

    public required long OutputTokens { get; init; }

    public required long ReasoningTokens { get; init; }

    public required long AudioInputTokens { get; init; }

    public required long AudioOutputTokens { get; init; }

    public required long CostNanoUsd { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RequestsReport))]
internal sealed partial class RequestsJson : JsonSerializerContext;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(UsageReport))]
internal sealed partial class UsageJson : JsonSerializerContext;
