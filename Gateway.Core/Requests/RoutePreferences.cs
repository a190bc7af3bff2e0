namespace Gateway.Core.Requests;

/// <summary>What a request asks providers to be sorted by.</summary>
public enum PreferenceSort
{
    None,
    Price,
    Throughput,
    Latency,
}

/// <summary>
/// How a body steers the routing: <c>models</c> and <c>provider</c>, as OpenRouter has them. The gateway obeys them where the key allows it, and
/// no upstream sees them.
/// </summary>
public sealed record RoutePreferences
{
    /// <summary>The first field of the body that steers, for errors: <c>models</c> or <c>provider</c>.</summary>
    public string Field { get; init; } = "provider";

    /// <summary>Models to try after the request's own, in order.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Providers to try first, in order.</summary>
    public IReadOnlyList<string> Order { get; init; } = [];

    /// <summary>The only providers that may serve; empty for all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Providers that may not serve.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    public PreferenceSort Sort { get; init; }

    /// <summary>False: only the first choice is asked, nothing else is tried.</summary>
    public bool AllowFallbacks { get; init; } = true;

    /// <summary>Highest price of input, nano-USD per 1,000,000 tokens; null for any. Unpriced deployments are never below a bound.</summary>
    public long? MaxInputPrice { get; init; }

    /// <summary>Highest price of output, nano-USD per 1,000,000 tokens; null for any.</summary>
    public long? MaxOutputPrice { get; init; }
}
