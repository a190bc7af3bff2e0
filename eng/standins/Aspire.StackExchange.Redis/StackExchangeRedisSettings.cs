namespace Aspire.StackExchange.Redis;

/// <summary>Settings from Aspire:StackExchange:Redis and Aspire:StackExchange:Redis:NAME.</summary>
public sealed class StackExchangeRedisSettings
{
    public string? ConnectionString { get; set; }

    public bool DisableHealthChecks { get; set; }

    /// <summary>Part of the contract; this stand-in never traces, because the old client has no hook for it.</summary>
    public bool DisableTracing { get; set; }
}
