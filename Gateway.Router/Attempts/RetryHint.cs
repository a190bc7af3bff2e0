using System.Globalization;
using Gateway.Core.Errors;

namespace Gateway.Router.Attempts;

/// <summary>When the client may try again: every 429 and 503 says it in both forms, since SDKs differ in which they read.</summary>
internal static class RetryHint
{
    /// <summary>SDKs do not believe a longer wait and then retry almost at once.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Unknown = TimeSpan.FromSeconds(1);

    /// <summary>Replaces what the upstream said, in whatever form, by the same time in both forms, at most a minute; a second where it said nothing.</summary>
    /// <param name="inBody">What the upstream said in its body, as Gemini does.</param>
    /// <returns>The time; null for a status that has none.</returns>
    public static TimeSpan? Complete(HttpResponse response, DateTimeOffset now, TimeSpan? inBody = null)
    {
        if (!ErrorWriters.NamesRetry(response.StatusCode))
        {
            return null;
        }

        var wait = Milliseconds(response.Headers["retry-after-ms"].ToString()) ?? RetryAfter(response.Headers.RetryAfter.ToString(), now) ?? inBody ?? Unknown;
        wait = wait < Longest ? wait : Longest;
        OpenAIErrorWriter.WriteRetryAfter(response.Headers, wait);
        return wait;
    }

    private static TimeSpan? Milliseconds(string text) => Number(text) is { } number ? Wait(number) : null;

    /// <summary>Seconds, also with a fraction, or an HTTP date.</summary>
    private static TimeSpan? RetryAfter(string text, DateTimeOffset now) =>
        Number(text) is { } seconds ? Wait(seconds * 1000)
        : DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? Wait((date - now).TotalMilliseconds)
        : null;

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <returns>Null for a wait that is none. Capped before it becomes a time span, which holds less than a double.</returns>
    private static TimeSpan? Wait(double milliseconds) => milliseconds > 0 ? TimeSpan.FromMilliseconds(Math.Min(milliseconds, Longest.TotalMilliseconds)) : null;
}
