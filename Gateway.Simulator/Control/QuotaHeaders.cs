using System.Globalization;
using System.Text;

namespace Gateway.Simulator.Control;

/// <summary>Limits as two providers put them into headers.</summary>
internal static class QuotaHeaders
{
    /// <summary>OpenAI's and Azure's: counts, and resets as <c>6m0s</c> or <c>12ms</c>.</summary>
    public static void WriteOpenAI(IHeaderDictionary headers, Quota quota)
    {
        Write(headers, "requests", quota.Requests);
        Write(headers, "tokens", quota.Tokens);
        if (quota.IsRefused)
        {
            WriteRetryAfter(headers, quota.RetryAfter);
            headers["retry-after-ms"] = Math.Ceiling(quota.RetryAfter.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }

        static void Write(IHeaderDictionary headers, string what, QuotaCount? count)
        {
            if (count is { } value)
            {
                headers[$"x-ratelimit-limit-{what}"] = value.Limit.ToString(CultureInfo.InvariantCulture);
                headers[$"x-ratelimit-remaining-{what}"] = value.Remaining.ToString(CultureInfo.InvariantCulture);
                headers[$"x-ratelimit-reset-{what}"] = Duration(value.Reset);
            }
        }
    }

    /// <summary>Anthropic's: counts, and resets as instants in RFC 3339.</summary>
    public static void WriteAnthropic(IHeaderDictionary headers, Quota quota, DateTimeOffset now)
    {
        Write(headers, "requests", quota.Requests, now);
        Write(headers, "tokens", quota.Tokens, now);
        if (quota.IsRefused)
        {
            WriteRetryAfter(headers, quota.RetryAfter);
        }

        static void Write(IHeaderDictionary headers, string what, QuotaCount? count, DateTimeOffset now)
        {
            if (count is { } value)
            {
                headers[$"anthropic-ratelimit-{what}-limit"] = value.Limit.ToString(CultureInfo.InvariantCulture);
                headers[$"anthropic-ratelimit-{what}-remaining"] = value.Remaining.ToString(CultureInfo.InvariantCulture);
                headers[$"anthropic-ratelimit-{what}-reset"] = WholeSecond(now + value.Reset).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            }
        }
    }

    /// <summary>In whole seconds, rounded up: a shorter wait would be refused again.</summary>
    public static void WriteRetryAfter(IHeaderDictionary headers, TimeSpan wait) =>
        headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>As Go prints durations: <c>1h0m3s</c>, <c>6m0s</c>, <c>1.5s</c>, <c>12ms</c>, <c>0s</c>.</summary>
    internal static string Duration(TimeSpan time)
    {
        var milliseconds = (long)Math.Ceiling(time.TotalMilliseconds);
        if (milliseconds is > 0 and < 1000)
        {
            return $"{milliseconds}ms";
        }

        var text = new StringBuilder();
        var (hours, minutes) = (milliseconds / 3_600_000, milliseconds / 60_000 % 60);
        if (hours > 0)
        {
            text.Append(hours).Append('h');
        }

        if (hours > 0 || minutes > 0)
        {
            text.Append(minutes).Append('m');
        }

        return text.Append((milliseconds % 60_000 / 1000m).ToString("0.###", CultureInfo.InvariantCulture)).Append('s').ToString();
    }

    private static DateTimeOffset WholeSecond(DateTimeOffset instant)
    {
        var ticks = instant.UtcTicks + TimeSpan.TicksPerSecond - 1;
        return new DateTimeOffset(ticks - (ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
    }
}
