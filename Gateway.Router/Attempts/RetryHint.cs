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

        var wait = RetryAfter.Of(response.Headers, now, inBody) ?? Unknown;
        wait = wait < Longest ? wait : Longest;
        OpenAIErrorWriter.WriteRetryAfter(response.Headers, wait);
        return wait;
    }
}
