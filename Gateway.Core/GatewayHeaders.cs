namespace Gateway.Core;

/// <summary>Header names that the gateway writes or reserves. All of them start with <see cref="Prefix"/>, except the field's own.</summary>
public static class GatewayHeaders
{
    /// <summary>Every inbound header that starts with this (after lower-casing and <c>_</c> -> <c>-</c>) is dropped by the Edge.</summary>
    public const string Prefix = "x-gateway-";

    public const string Context = "x-gateway-context";
    public const string RequestId = "x-gateway-request-id";
    public const string Model = "x-gateway-model";
    public const string Deployment = "x-gateway-deployment";
    public const string Attempts = "x-gateway-attempts";
    public const string Cache = "x-gateway-cache";
    public const string CostUsd = "x-gateway-cost-usd";
    public const string ConfigGeneration = "x-gateway-config";
    public const string Warning = "x-gateway-warning";

    /// <summary><c>estimated</c> where token counts are ours and not the provider's.</summary>
    public const string Usage = "x-gateway-usage";

    public const string Degraded = "x-gateway-degraded";
    public const string UpstreamStatus = "x-gateway-upstream-status";

    public const string RateLimitLimitRequests = "x-ratelimit-limit-requests";
    public const string RateLimitRemainingRequests = "x-ratelimit-remaining-requests";
    public const string RateLimitResetRequests = "x-ratelimit-reset-requests";
    public const string RateLimitLimitTokens = "x-ratelimit-limit-tokens";
    public const string RateLimitRemainingTokens = "x-ratelimit-remaining-tokens";
    public const string RateLimitResetTokens = "x-ratelimit-reset-tokens";

    /// <summary>On refusals: which limit or budget it was, as <c>name=value</c> pairs with semicolons between them.</summary>
    public const string Limit = "x-gateway-limit";

    /// <summary>
    /// <c>INPUT/OUTPUT</c> tokens of a plain answer, from the Router to the Edge alone, which estimates by them. Streams have none: the server writes no trailers in HTTP/1.1.
    /// </summary>
    public const string Tokens = "x-gateway-tokens";

    /// <summary>A client's name for the talk that a request belongs to: balancing keeps a talk on one deployment, and limits of sessions count it.</summary>
    public const string Session = "x-session-id";

    /// <summary>A client's own deadline in seconds; it can only shorten what the gateway allows.</summary>
    public const string RequestTimeout = "x-request-timeout";

    /// <summary>The same, as the OpenAI SDKs send it.</summary>
    public const string StainlessTimeout = "x-stainless-timeout";
}
