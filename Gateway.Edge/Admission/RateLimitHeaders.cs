using System.Globalization;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Errors;

namespace Gateway.Edge.Admission;

/// <summary>What a decision looks like to a client.</summary>
internal static class RateLimitHeaders
{
    public static void Write(IHeaderDictionary headers, RateLimit limit, in RateDecision decision)
    {
        headers[GatewayHeaders.RateLimitLimitRequests] = limit.Limit.ToString(CultureInfo.InvariantCulture);
        headers[GatewayHeaders.RateLimitRemainingRequests] = decision.Remaining.ToString(CultureInfo.InvariantCulture);
        headers[GatewayHeaders.RateLimitResetRequests] = Duration(decision.ResetAfter);
    }

    public static GatewayError Refusal(RateLimit limit, in RateDecision decision) => new(
        GatewayErrorKind.RateLimited,
        $"Your API key may send {limit.Limit} requests per minute, at most {limit.Burst} at once. Try again in {Duration(decision.RetryAfter)}.",
        RetryAfter: decision.RetryAfter);

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
