using System.Globalization;
using System.Net.Http.Headers;
using Gateway.Router.Credentials;
using Gateway.Router.Protocols;

namespace Gateway.Router.Attempts;

/// <summary>When an upstream says to come back, in every form that is in use.</summary>
internal static class RetryAfter
{
    /// <summary>Nobody is asked again sooner.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    /// <summary>Nobody is left alone longer for one word of his.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>Unix times begin here: numbers below are seconds to wait. 2001, in seconds.</summary>
    private const double FirstUnixSeconds = 1e9;

    /// <summary>And in milliseconds.</summary>
    private const double FirstUnixMilliseconds = 1e12;

    /// <summary>RFC 9110, 5.6.7: IMF-fixdate, then the two obsolete ones, that of RFC 850 and that of C's asctime.</summary>
    private static readonly string[] Dates =
        ["ddd, dd MMM yyyy HH:mm:ss 'GMT'", "dddd, dd-MMM-yy HH:mm:ss 'GMT'", "ddd MMM d HH:mm:ss yyyy", "ddd MMM  d HH:mm:ss yyyy"];

    /// <summary>The wait that an answer asks for: its words about it first, else the time until what it says is used up is whole again.</summary>
    /// <param name="inBody"><see cref="UpstreamError.RetryAfter"/>.</param>
    /// <returns><see cref="Shortest"/> to <see cref="Longest"/>; null when it says nothing. A wait of 0 is nothing said.</returns>
    public static TimeSpan? Of(HttpResponseHeaders headers, DateTimeOffset utcNow, TimeSpan? inBody = null) =>
        Clamp(Milliseconds(Value(headers, "retry-after-ms"))
            ?? Milliseconds(Value(headers, "x-ms-retry-after-ms"))
            ?? SecondsOrDate(Value(headers, "retry-after"), utcNow)
            ?? Positive(inBody)
            ?? Positive(QuotaHeaders.Read(headers, utcNow).ExhaustedFor()));

    /// <summary>The same of a head that goes to a client.</summary>
    public static TimeSpan? Of(IHeaderDictionary headers, DateTimeOffset utcNow, TimeSpan? inBody = null) =>
        Clamp(Milliseconds(headers["retry-after-ms"].ToString()) ?? SecondsOrDate(headers.RetryAfter.ToString(), utcNow) ?? Positive(inBody));

    /// <summary>The time until a limit is whole again: a duration (<c>6m0s</c>), seconds, a unix time in seconds or milliseconds, RFC 3339, an HTTP date.</summary>
    /// <returns>0 for what is over; null for what is none of these.</returns>
    public static TimeSpan? ResetIn(string text, DateTimeOffset utcNow)
    {
        if (Number(text) is { } number)
        {
            return number >= FirstUnixMilliseconds ? Seconds((number / 1000) - (utcNow.ToUnixTimeMilliseconds() / 1000.0))
                : number >= FirstUnixSeconds ? Seconds(number - (utcNow.ToUnixTimeMilliseconds() / 1000.0))
                : Seconds(number);
        }

        return DurationText.TryParse(text, out var duration) ? duration
            : (Date(text) ?? Rfc3339(text)) is { } date ? Seconds((date - utcNow).TotalSeconds)
            : null;
    }

    private static TimeSpan? Milliseconds(string? text) => Number(text) is { } number ? Positive(Seconds(number / 1000)) : null;

    /// <summary>Seconds, also with a fraction or a unit, or an HTTP date.</summary>
    private static TimeSpan? SecondsOrDate(string? text, DateTimeOffset utcNow) =>
        text is null ? null
        : Number(text) is { } seconds ? Positive(Seconds(seconds))
        : Date(text) is { } date ? Positive(Seconds((date - utcNow).TotalSeconds))
        : UpstreamErrorText.Wait(text);

    private static DateTimeOffset? Date(string text) =>
        DateTimeOffset.TryParseExact(text, Dates, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out var date) ? date : null;

    private static DateTimeOffset? Rfc3339(string text) => DateTimeOffset.TryParseExact(
        text, "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowLeadingWhite | DateTimeStyles.AllowTrailingWhite, out var date) ? date : null;

    private static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? Value(HttpResponseHeaders headers, string name) => headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    /// <summary>Bounded before it becomes a time span, which holds less than a double. A week is long enough for any quota.</summary>
    private static TimeSpan Seconds(double seconds) => seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, 7 * 86_400)) : TimeSpan.Zero;

    private static TimeSpan? Positive(TimeSpan? wait) => wait > TimeSpan.Zero ? wait : null;

    private static TimeSpan? Clamp(TimeSpan? wait) => wait is not { } said ? null : said < Shortest ? Shortest : said > Longest ? Longest : said;
}
