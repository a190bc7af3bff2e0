using System.Collections.Frozen;

namespace Gateway.Core.Configuration;

/// <summary>Who may use a model group.</summary>
public enum AccessLevel
{
    /// <summary>Keys that list it.</summary>
    Private,

    /// <summary>Any key.</summary>
    Internal,

    /// <summary>Anybody, also without a key.</summary>
    Public,
}

/// <summary>How a deployment is picked among those that can serve.</summary>
public enum BalancingStrategy
{
    WeightedRoundRobin,
    LeastBusy,
    LowestLatency,
    LowestCost,
    MostQuota,
    Sticky,
    Hybrid,
}

/// <summary>What the score of the hybrid strategy is made of; parts of a whole, not necessarily adding up to 1.</summary>
public sealed record HybridWeights(double Cost, double Latency, double Load, double Errors)
{
    /// <summary>All four alike.</summary>
    public static HybridWeights Balanced { get; } = new(0.25, 0.25, 0.25, 0.25);

    /// <summary>Cheap first.</summary>
    public static HybridWeights CostFirst { get; } = new(0.7, 0.1, 0.1, 0.1);

    /// <summary>Short requests in great number: load and errors count most.</summary>
    public static HybridWeights RequestFirst { get; } = new(0.1, 0.2, 0.5, 0.2);

    /// <summary>Long answers: time per token counts most.</summary>
    public static HybridWeights TokenFirst { get; } = new(0.2, 0.5, 0.2, 0.1);
}

/// <summary>What keeps the requests of one talk on one deployment.</summary>
public enum StickyBy
{
    /// <summary>The session that the client names, else the beginning of the prompt.</summary>
    Session,

    /// <summary>The beginning of the prompt alone.</summary>
    Prefix,
}

/// <summary>Failures that a fallback is for.</summary>
[Flags]
public enum FallbackTriggers
{
    None = 0,

    /// <summary>The group cannot serve: down, limited, broken.</summary>
    Error = 1,

    /// <summary>The request is too long for the models of the group.</summary>
    ContextLength = 2,

    /// <summary>A filter of the provider refused the content.</summary>
    ContentPolicy = 4,

    /// <summary>The money for the group is spent.</summary>
    Budget = 8,
}

/// <summary>Another model group that may serve instead.</summary>
/// <param name="Model">As the document writes it: a group, an alias, <c>provider/model</c> or a name that a prefix knows. It leads somewhere, and a key's patterns mean names as they are asked for.</param>
/// <param name="On">For which failures.</param>
public sealed record FallbackConfig(string Model, FallbackTriggers On);

/// <summary>A second call when the first one keeps silent. Off unless the group has it.</summary>
public sealed record HedgeConfig
{
    /// <summary>Silence before the second call; null for the moving 95th percentile of the group.</summary>
    public TimeSpan? After { get; init; }

    /// <summary>Most hedges, in percent of the group's requests.</summary>
    public double MaxPercent { get; init; } = 5;
}

/// <summary>Where requests wait when every deployment of a group is at its limit.</summary>
public sealed record QueueConfig
{
    public static QueueConfig Standard { get; } = new();

    /// <summary>Most requests that wait; 0 switches waiting off.</summary>
    public int Size { get; init; } = 100;

    /// <summary>Longest wait.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>Who goes first when requests wait.</summary>
public enum RequestPriority : byte
{
    Interactive = 1,
    Default = 2,
    Batch = 3,
}

/// <summary>What keys of one team share.</summary>
public sealed record TeamConfig
{
    public required string Name { get; init; }

    /// <summary>Share of a full upstream relative to other teams.</summary>
    public int Weight { get; init; } = 1;

    public string Organisation { get; init; } = OrganisationConfig.DefaultName;

    public ClientLimits Limits { get; init; } = ClientLimits.None;

    public IReadOnlyList<BudgetConfig> Budgets { get; init; } = [];
}

/// <summary>Which requests a path takes.</summary>
public enum RouteStreaming
{
    Both,
    Only,
    Never,
}

/// <summary>A path of its own with a model of its own: every endpoint is also served below it.</summary>
public sealed record RouteConfig
{
    /// <summary>Path prefix without trailing slash and without the endpoint's version, e.g. <c>/support</c> for <c>/support/v1</c> in the document.</summary>
    public required string Path { get; init; }

    /// <summary>What answers, whatever model the request names, as the document writes it: any name that leads somewhere. Null for the request's own.</summary>
    public string? Model { get; init; }

    public RouteStreaming Streaming { get; init; }

    /// <summary>Names of <see cref="GatewayConfig.Processors"/>, in order.</summary>
    public IReadOnlyList<string> Processors { get; init; } = [];

    /// <summary>What is kept of the content of its requests; null for what the key, else <see cref="UsageConfig.Capture"/> says.</summary>
    public CaptureLevel? Capture { get; init; }

    // Lists compare by reference in records; a document read again must give equal routes.
    public bool Equals(RouteConfig? other) =>
        other is not null && string.Equals(Path, other.Path, StringComparison.Ordinal) && string.Equals(Model, other.Model, StringComparison.Ordinal)
        && Streaming == other.Streaming && Capture == other.Capture && Processors.SequenceEqual(other.Processors, StringComparer.Ordinal);

    public override int GetHashCode() => HashCode.Combine(Path, Model, Streaming, Capture, Processors.Count);
}

/// <summary>A model that rewrites the text of requests before they are sent.</summary>
public sealed record ProcessorConfig
{
    public const int StandardMaxTokens = 1000;

    public required string Name { get; init; }

    /// <summary>As the document writes it: any name that leads somewhere.</summary>
    public required string Model { get; init; }

    /// <summary>What the model is told to do with the text.</summary>
    public required string System { get; init; }

    /// <summary>Most tokens of the model's answer.</summary>
    public int MaxTokens { get; init; } = StandardMaxTokens;
}

/// <summary>Labels by name, such as region and retention.</summary>
public static class Tags
{
    public static FrozenDictionary<string, string> None { get; } = FrozenDictionary<string, string>.Empty;
}
