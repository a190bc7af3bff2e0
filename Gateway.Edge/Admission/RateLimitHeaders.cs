using System.Globalization;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Requests;

namespace Gateway.Edge.Admission;

/// <summary>What a decision looks like to a client.</summary>
internal static class RateLimitHeaders
{
    private static readonly Names Requests = new(
        GatewayHeaders.RateLimitLimitRequests, GatewayHeaders.RateLimitRemainingRequests, GatewayHeaders.RateLimitResetRequests,
        "anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset");

    private static readonly Names Tokens = new(
        GatewayHeaders.RateLimitLimitTokens, GatewayHeaders.RateLimitRemainingTokens, GatewayHeaders.RateLimitResetTokens,
        "anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset");

    /// <summary>The one rate of a key that has no other limit.</summary>
    public static void Write(IHeaderDictionary headers, LlmProtocol client, RateLimit limit, in RateDecision decision, TimeProvider time) =>
        Write(headers, client, Requests, limit.Limit, decision.Remaining, decision.ResetAfter, time);

    /// <summary>The tightest rate of requests and the tightest of tokens; nothing of limits in shadow mode.</summary>
    /// <param name="states">In the order of <paramref name="rules"/>; may be empty.</param>
    public static void Write(IHeaderDictionary headers, LlmProtocol client, IReadOnlyList<LimitRule> rules, IReadOnlyList<LimitState> states, TimeProvider time)
    {
        Write(headers, client, Requests, LimitUnit.Requests, rules, states, time);
        Write(headers, client, Tokens, LimitUnit.Tokens, rules, states, time);
    }

    private static void Write(IHeaderDictionary headers, LlmProtocol client, Names names, LimitUnit unit, IReadOnlyList<LimitRule> rules, IReadOnlyList<LimitState> states, TimeProvider time)
    {
        var tightest = -1;
        for (var i = 0; i < rules.Count && i < states.Count; i++)
        {
            if (rules[i].Unit == unit && !rules[i].Shadow && (tightest < 0 || IsTighter(states[i], states[tightest])))
            {
                tightest = i;
            }
        }

        if (tightest >= 0)
        {
            Write(headers, client, names, rules[tightest].Limit, states[tightest].Remaining, states[tightest].ResetAfter, time);
        }
    }

    private static bool IsTighter(in LimitState one, in LimitState other) => one.Remaining < other.Remaining || (one.Remaining == other.Remaining && one.ResetAfter > other.ResetAfter);

    private static void Write(IHeaderDictionary headers, LlmProtocol client, Names names, long limit, long remaining, TimeSpan resetAfter, TimeProvider time)
    {
        var (most, left) = (limit.ToString(CultureInfo.InvariantCulture), remaining.ToString(CultureInfo.InvariantCulture));
        if (client == LlmProtocol.Anthropic)
        {
            headers[names.AnthropicLimit] = most;
            headers[names.AnthropicRemaining] = left;
            headers[names.AnthropicReset] = Instant(time.GetUtcNow() + resetAfter);
        }

        // Everybody gets these: they are the gateway's own promise.
        headers[names.Limit] = most;
        headers[names.Remaining] = left;
        headers[names.Reset] = Duration(resetAfter);
    }

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

    private sealed record Names(string Limit, string Remaining, string Reset, string AnthropicLimit, string AnthropicRemaining, string AnthropicReset);
}
