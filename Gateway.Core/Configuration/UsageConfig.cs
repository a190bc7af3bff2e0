namespace Gateway.Core.Configuration;

/// <summary>The ledger, and what is kept of content.</summary>
public sealed record UsageConfig
{
    public static UsageConfig Standard { get; } = new();

    /// <summary>How long the ledger keeps single requests; what is older counts in its sums.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>For requests whose key and route say nothing.</summary>
    public CaptureLevel Capture { get; init; }

    /// <summary>How long captured content is kept.</summary>
    public TimeSpan CaptureRetention { get; init; } = TimeSpan.FromDays(30);
}
