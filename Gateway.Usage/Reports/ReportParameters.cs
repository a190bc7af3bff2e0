using System.Globalization;
using System.Text;
using Gateway.Core.Configuration.Documents;
using Gateway.Core.Errors;
using Microsoft.Extensions.Primitives;

namespace Gateway.Usage.Reports;

/// <summary>Reads the query of a report. What it does not know it refuses: a report over something else than was meant is worse than none.</summary>
internal sealed class ReportParameters(IQueryCollection query)
{
    private const int MaxShown = 64;

    private static readonly string[] TimeFormats =
        ["yyyy-MM-dd", "yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"];

    /// <param name="names">What the report knows beside filters.</param>
    /// <param name="filtered">Whether it knows filters, each of which may be given several times.</param>
    /// <exception cref="GatewayException">A parameter that this report has not, or one given twice.</exception>
    public ReportParameters Allow(bool filtered, params string[] names)
    {
        string[] all = filtered ? [.. names, .. ReportDimensions.Filters.Select(ReportDimensions.NameOf)] : names;
        foreach (var (name, values) in query)
        {
            if (!all.Contains(name, StringComparer.Ordinal))
            {
                throw Bad(name, $"This report has no parameter '{Shown(name)}'.{Hint(name, all)} It knows: {string.Join(", ", all)}.");
            }

            if (values.Count > 1 && names.Contains(name, StringComparer.Ordinal))
            {
                throw Bad(name, $"'{name}' is given {values.Count} times; give it once.");
            }
        }

        return this;
    }

    /// <summary>Null when it is not there, or empty.</summary>
    public string? Text(string name) => query.TryGetValue(name, out var value) && !StringValues.IsNullOrEmpty(value) ? value[0] : null;

    /// <summary>
    /// The values of a filter: <c>a,b</c>. A comma that belongs to a value is written <c>\,</c>; <c>-</c> stands for the empty value, <c>\-</c> for a hyphen alone. An empty parameter is none, as
    /// forms send it.
    /// </summary>
    public List<string>? Values(string name)
    {
        if (!query.TryGetValue(name, out var given))
        {
            return null;
        }

        var values = new List<string>();
        foreach (var text in given)
        {
            Split(text ?? "", values);
        }

        return values;
    }

    /// <summary>One of a few words.</summary>
    /// <returns>Its place among them.</returns>
    public int Choice(string name, string[] words, int otherwise)
    {
        if (Text(name) is not { } text)
        {
            return otherwise;
        }

        var index = Array.IndexOf(words, text);
        return index >= 0 ? index : throw Bad(name, $"'{name}' is '{Shown(text)}'.{Hint(text, words)} It may be: {string.Join(", ", words)}.");
    }

    public bool Flag(string name) => Choice(name, ["false", "true"], otherwise: 0) == 1;

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

    /// <summary>A name as it may be repeated to its sender.</summary>
    public static string Shown(string text) => text.Length <= MaxShown ? text : text[..MaxShown] + "...";

    /// <summary>What somebody probably meant; empty when nothing is near.</summary>
    public static string Hint(string text, IEnumerable<string> known) => Nearest.Of(text, known) is { } near ? $" Did you mean '{near}'?" : "";

    public static GatewayException Bad(string name, string message) => new(GatewayErrorKind.InvalidRequest, message, Shown(name));

    private static void Split(string text, List<string> values)
    {
        var value = new StringBuilder();
        var isHyphen = false;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || text[i] == ',')
            {
                if (value.Length > 0)
                {
                    values.Add(isHyphen ? "" : value.ToString());
                }

                value.Clear();
                isHyphen = false;
                continue;
            }

            var isEscaped = text[i] == '\\' && i + 1 < text.Length && text[i + 1] is ',' or '-' or '\\';
            i += isEscaped ? 1 : 0;
            value.Append(text[i]);
            isHyphen = !isEscaped && value is ['-'];
        }
    }
}
