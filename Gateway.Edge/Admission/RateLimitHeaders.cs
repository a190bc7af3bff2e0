using System.Globalization;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Errors;
using Gateway.Core.Requests;

namespace Gateway.Edge.Admission;

/// <summary>What a decision looks like to a client.</summary>
internal static class RateLimitHeaders
{
    private const string AnthropicLimit = "anthropic-ratelimit-requests-limit";
    private const string AnthropicRemaining = "anthropic-ratelimit-requests-remaining";
    private const string AnthropicReset = "anthropic-ratelimit-requests-reset";

    public static void Write(IHeaderDictionary headers, LlmProtocol client, RateLimit limit, in RateDecision decision, TimeProvider time)
    {
        if (client == LlmProtocol.Anthropic)
        {
            headers[AnthropicLimit] = limit.Limit.ToString(CultureInfo.InvariantCulture);
            headers[AnthropicRemaining] = decision.Remaining.ToString(CultureInfo.InvariantCulture);
            headers[AnthropicReset] = Instant(time.GetUtcNow() + decision.ResetAfter);
        }

        // Everybody gets these: they are the gateway's own promise.
        headers[GatewayHeaders.RateLimitLimitRequests] = limit.Limit.ToString(CultureInfo.InvariantCulture);
        headers[GatewayHeaders.RateLimitRemainingRequests] = decision.Remaining.ToString(CultureInfo.InvariantCulture);
        headers[GatewayHeaders.RateLimitResetRequests] = Duration(decision.ResetAfter);
    }

    public static GatewayError Refusal(RateLimit limit, in RateDecision decision) => new(
        GatewayErrorKind.RateLimited,
        $"Your API key may send {limit.Limit} requests per minute, at most {limit.Burst} at once. Try again in {Duration(decision.RetryAfter)}.",
        RetryAfter: decision.RetryAfter);

    /// <summary>RFC 3339, rounded up to the second.</summary>
    internal static string Instant(DateTimeOffset value) =>
        new DateTime((value.UtcTicks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, DateTimeKind.Utc).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>As OpenAI writes durations: 850ms, 1s, 1.5s, 6m0s. Rounded up to whole milliseconds.</summary>
    internal static string Duration(TimeSpan value)
    {
        var milliseconds = (long)Math.Ceiling(value.TotalMilliseconds);
        if (milliseconds is > 0 and < 1000)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
        }

        var minutes = milliseconds / 60_000;
        var seconds = (milliseconds % 60_000) / 1000m;
        return minutes == 0 ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.###}s") : string.Create(CultureInfo.InvariantCulture, $"{minutes}m{seconds:0.###}s");
    }
}
