using System.Globalization;

namespace Gateway.Usage.Console;

/// <summary>Numbers as people read them. Money is counted in nano-USD and becomes a decimal only here.</summary>
internal static class Shown
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>Cents for what is worth any; of smaller sums three digits that count, at most all nine.</summary>
    public static string Usd(long nano)
    {
        var usd = nano / 1_000_000_000m;
        return Math.Abs(usd) switch
        {
            0 => "$0.00",
            >= 1 => "$" + usd.ToString("#,##0.00", Culture),
            >= 0.01m => "$" + usd.ToString("0.0000", Culture),
            >= 0.0001m => "$" + usd.ToString("0.000000", Culture),
            _ => "$" + usd.ToString("0.000000000", Culture),
        };
    }

    /// <summary>All nine digits, for where the exact sum is asked for.</summary>
    public static string ExactUsd(long nano) => "$" + (nano / 1_000_000_000m).ToString("#,##0.000000000", Culture);

    public static string Count(long value) => value.ToString("#,##0", Culture);

    /// <summary>At most four characters and a letter.</summary>
    public static string Short(long value) => Math.Abs((decimal)value) switch
    {
        < 10_000 => Count(value),
        < 1_000_000 => (value / 1_000m).ToString("0.0", Culture) + " k",
        < 1_000_000_000 => (value / 1_000_000m).ToString("0.00", Culture) + " M",
        _ => (value / 1_000_000_000m).ToString("#,##0.00", Culture) + " B",
    };

    /// <param name="milliseconds">Negative for none.</param>
    public static string Duration(long milliseconds) => milliseconds switch
    {
        < 0 => "–",
        < 1_000 => Count(milliseconds) + " ms",
        < 60_000 => (milliseconds / 1_000m).ToString("0.00", Culture) + " s",
        _ => $"{milliseconds / 60_000} min {milliseconds / 1_000 % 60} s",
    };

    /// <summary>A share of a whole in percent.</summary>
    public static string Percent(long part, long whole) => whole == 0 ? "–" : ((decimal)part / whole).ToString("0.0 %", Culture);

    /// <summary>How a sum has changed, as a signed percentage; null where there is nothing to compare with.</summary>
    public static string? Change(long now, long before) => before <= 0 ? null : (((decimal)now - before) / before).ToString("+0 %;−0 %;±0 %", Culture);

    /// <summary>UTC, to the second; scripts show it in the reader's own time.</summary>
    public static string Time(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd HH:mm:ss", Culture);

    /// <summary>For machines.</summary>
    public static string Iso(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", Culture);

    public static string Words(Enum value)
    {
        var text = value.ToString();
        return string.Concat(text.Select(static (letter, i) => i > 0 && char.IsUpper(letter) ? " " + char.ToLowerInvariant(letter) : i == 0 ? char.ToLowerInvariant(letter).ToString() : letter.ToString()));
    }
}
