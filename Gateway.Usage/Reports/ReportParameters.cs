using System.Globalization;
using Gateway.Core.Errors;
using Microsoft.Extensions.Primitives;

namespace Gateway.Usage.Reports;

/// <summary>Reads the query of a report. What it does not know it refuses: a report over something else than was meant is worse than none.</summary>
internal sealed class ReportParameters(IQueryCollection query)
{
    private static readonly string[] TimeFormats =
        ["yyyy-MM-dd", "yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"];

    /// <exception cref="GatewayException">A parameter that this report has not, or one given twice.</exception>
    public ReportParameters Allow(params ReadOnlySpan<string> names)
    {
        foreach (var (name, values) in query)
        {
            if (!names.Contains(name))
            {
                throw Bad(name, $"This report has no parameter '{name}'. It knows: {string.Join(", ", names!)}.");
            }

            if (values.Count > 1)
            {
                throw Bad(name, $"'{name}' is given {values.Count} times; give it once.");
            }
        }

        return this;
    }

    public string? Text(string name) => query.TryGetValue(name, out var value) && !StringValues.IsNullOrEmpty(value) ? value[0] : null;

    public int Number(string name, int least, int most, int otherwise)
    {
        if (Text(name) is not { } text)
        {
            return otherwise;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Bad(name, $"'{name}' must be a whole number from {least} to {most}.");
    }

    /// <summary>A point in time, in Unix milliseconds; null when it is not given.</summary>
    public long? Time(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return seconds * 1000;
        }

        // An offset's plus sign that nobody escaped arrives as a blank.
        return DateTimeOffset.TryParseExact(text.Replace(' ', '+'), TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            && time >= DateTimeOffset.UnixEpoch
            ? time.ToUnixTimeMilliseconds()
            : throw Bad(name, $"'{name}' must be a time from 1970 on: ISO 8601 such as 2026-01-31 or 2026-01-31T12:00:00Z, or seconds since 1970.");
    }

    /// <summary>Both ends of a span: the first is part of it, the second is not.</summary>
    public (long FromUnixMs, long ToUnixMs) Span()
    {
        var from = Time("from") ?? 0;
        var to = Time("to") ?? long.MaxValue;
        return from < to ? (from, to) : throw Bad("to", "'to' must be later than 'from'.");
    }

    public static GatewayException Bad(string name, string message) => new(GatewayErrorKind.InvalidRequest, message, name);
}
