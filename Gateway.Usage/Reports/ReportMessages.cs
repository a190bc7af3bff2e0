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

    public required IReadOnlyList<AttemptRow> Attempts { get; init; }
}

/// <summary>One call to an upstream.</summary>
internal sealed record AttemptRow
{
    public required string Deployment { get; init; }

    public required int Status { get; init; }

    public required string Ending { get; init; }

    public required long DurationMs { get; init; }
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

    public string? Day { get; init; }

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
