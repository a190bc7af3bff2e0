using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Core.Money;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Durations, sizes and prices as the document writes them.</summary>
internal static partial class Units
{
    /// <summary>Keeps a price of any token count within what <see cref="TokenPrice.Cost"/> can sum.</summary>
    public const long MaxPriceUsd = 1_000_000;

    /// <summary>Ranges of numbers with a fraction are written in these.</summary>
    public const int Thousandths = 1000;

    private const int PriceDecimals = 9;

    public static bool TryReadDuration(string text, out TimeSpan value)
    {
        value = default;
        var match = DurationForm().Match(text);
        if (!match.Success || !long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        var unit = match.Groups[2].Value switch { "ms" => 1L, "s" => 1000, "m" => 60_000, "h" => 3_600_000, _ => 86_400_000 };
        if (count > (long)TimeSpan.MaxValue.TotalMilliseconds / unit)
        {
            return false;
        }

        value = TimeSpan.FromMilliseconds(count * unit);
        return true;
    }

    public static bool TryReadSize(string text, out long bytes)
    {
        bytes = 0;
        var match = SizeForm().Match(text);
        if (!match.Success || !long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        var unit = match.Groups[2].Value switch
        {
            "" or "B" => 1L,
            "KB" => 1000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "KiB" => 1024,
            "MiB" => 1024 * 1024,
            _ => 1024 * 1024 * 1024,
        };
        if (count > long.MaxValue / unit)
        {
            return false;
        }

        bytes = count * unit;
        return true;
    }

    /// <summary>USD per 1,000,000 tokens to nano-USD per 1,000,000 tokens, without rounding.</summary>
    /// <returns>Null when it is good, else what is wrong with it.</returns>
    public static string? ReadPrice(string text, out long nanoUsd)
    {
        nanoUsd = 0;
        var match = PriceForm().Match(text);
        if (!match.Success)
        {
            return "must be a plain decimal number of USD per 1,000,000 tokens, e.g. 2.50";
        }

        if (match.Groups[2].Length > PriceDecimals)
        {
            return "has more than nine decimals; prices are kept exactly, in nano-USD per 1,000,000 tokens";
        }

        // Far from decimal's own limit, so that nothing is rounded while it is read.
        if (match.Groups[1].Length > 18 || !decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var usd) || usd > MaxPriceUsd)
        {
            return string.Create(CultureInfo.InvariantCulture, $"must be at most {MaxPriceUsd} USD per 1,000,000 tokens");
        }

        nanoUsd = (long)(usd * TokenPrice.NanoPerUsd);
        return null;
    }

    /// <summary>USD to nano-USD, without rounding.</summary>
    /// <returns>Null when it is good, else what is wrong with it.</returns>
    public static string? ReadUsd(string text, long min, long max, out long nanoUsd)
    {
        nanoUsd = 0;
        var match = PriceForm().Match(text);
        if (!match.Success)
        {
            return "must be a plain decimal number of USD, e.g. 12.50";
        }

        if (match.Groups[2].Length > PriceDecimals)
        {
            return "has more than nine decimals; money is kept exactly, in nano-USD";
        }

        // Far from decimal's own limit, so that nothing is rounded while it is read.
        if (match.Groups[1].Length > 18 || !decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var usd) || usd * TokenPrice.NanoPerUsd < min || usd * TokenPrice.NanoPerUsd > max)
        {
            return $"must be from {WriteUsd(min)} to {WriteUsd(max)} USD";
        }

        nanoUsd = (long)(usd * TokenPrice.NanoPerUsd);
        return null;
    }

    /// <summary>Nano-USD as a plain decimal number of USD, exactly.</summary>
    public static string WriteUsd(long nanoUsd) => ((decimal)nanoUsd / TokenPrice.NanoPerUsd).ToString("0.#########", CultureInfo.InvariantCulture);

    /// <summary>A plain decimal number, without exponent.</summary>
    public static bool TryReadNumber(string text, out decimal value)
    {
        value = 0;
        var match = NumberForm().Match(text);
        return match.Success && decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
    }

    public static string Write(TimeSpan value) => value switch
    {
        { Ticks: 0 } => "0s",
        _ when value.Ticks % TimeSpan.TicksPerDay == 0 => string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / TimeSpan.TicksPerDay}d"),
        _ when value.Ticks % TimeSpan.TicksPerHour == 0 => string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / TimeSpan.TicksPerHour}h"),
        _ when value.Ticks % TimeSpan.TicksPerMinute == 0 => string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / TimeSpan.TicksPerMinute}m"),
        _ when value.Ticks % TimeSpan.TicksPerSecond == 0 => string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / TimeSpan.TicksPerSecond}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalMilliseconds}ms"),
    };

    public static string WriteSize(long bytes) => bytes switch
    {
        _ when bytes % (1024 * 1024 * 1024) == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024 * 1024 * 1024)}GiB"),
        _ when bytes % (1024 * 1024) == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024 * 1024)}MiB"),
        _ when bytes % 1024 == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024}KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes}B"),
    };

    [GeneratedRegex(@"\A([0-9]{1,18})(ms|s|m|h|d)\z", RegexOptions.CultureInvariant)]
    private static partial Regex DurationForm();

    [GeneratedRegex(@"\A([0-9]{1,18})(|B|KB|MB|GB|KiB|MiB|GiB)\z", RegexOptions.CultureInvariant)]
    private static partial Regex SizeForm();

    [GeneratedRegex(@"\A[+-]?(?=\.?[0-9])[0-9]{0,12}(?:\.[0-9]{1,12})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex NumberForm();

    [GeneratedRegex(@"\A(?=\.?[0-9])([0-9]*)(?:\.([0-9]+))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex PriceForm();
}
