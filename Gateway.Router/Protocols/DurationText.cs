using System.Buffers;
using System.Globalization;

namespace Gateway.Router.Protocols;

/// <summary>Durations as providers write them: <c>48s</c>, <c>12ms</c>, <c>6m0s</c>, <c>1h2m3.5s</c>, <c>7 minutes 12 seconds</c>.</summary>
internal static class DurationText
{
    /// <summary>A day is more than anybody waits; a time span holds less than a double.</summary>
    private const double MaxSeconds = 86_400;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    /// <summary>Reads the whole of a text. A number without a unit is none: what it counts, only the place where it stands tells.</summary>
    /// <param name="duration">At most a day; 0 where the text says so.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        text = text.Trim();
        if (text.IsEmpty)
        {
            return false;
        }

        var seconds = 0.0;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            text = text[digits..].TrimStart();
            var letters = 0;
            while (letters < text.Length && (char.IsAsciiLetter(text[letters]) || text[letters] is 'µ' or 'μ'))
            {
                letters++;
            }

            if (SecondsOf(text[..letters]) is not (> 0 and var unit))
            {
                return false;
            }

            seconds += number * unit;
            text = text[letters..].TrimStart();
        }

        duration = TimeSpan.FromSeconds(Math.Min(seconds, MaxSeconds));
        return true;
    }

    private static double SecondsOf(ReadOnlySpan<char> unit) => unit switch
    {
        "s" or "sec" or "secs" or "second" or "seconds" => 1,
        "ms" or "millisecond" or "milliseconds" => 1e-3,
        "us" or "µs" or "μs" => 1e-6,
        "ns" => 1e-9,
        "m" or "min" or "mins" or "minute" or "minutes" => 60,
        "h" or "hr" or "hrs" or "hour" or "hours" => 3600,
        "d" or "day" or "days" => 86_400,
        _ => 0,
    };
}
