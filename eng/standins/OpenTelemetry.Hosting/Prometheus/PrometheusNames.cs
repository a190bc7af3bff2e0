using System.Text;
using OpenTelemetry.Metrics;

namespace OpenTelemetry.Exporter;

/// <summary>Names as OpenTelemetry's compatibility specification translates them: underscores, the unit in words, _total on counters.</summary>
internal static class PrometheusNames
{
    public static string Type(MetricType type) => type switch
    {
        MetricType.LongSum or MetricType.DoubleSum => "counter",
        MetricType.Histogram or MetricType.ExponentialHistogram => "histogram",
        _ => "gauge",
    };

    public static string Metric(Metric metric)
    {
        var counter = Type(metric.MetricType) == "counter";
        var name = Sanitize(metric.Name);
        if (Unit(metric.Unit) is { Length: > 0 } unit && !name.EndsWith(unit, StringComparison.Ordinal) && !(counter && name.EndsWith(unit + "_total", StringComparison.Ordinal)))
        {
            name += "_" + unit;
        }
        return counter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    /// <summary>Anything but ASCII letters and digits becomes one underscore; a leading digit gets one in front.</summary>
    public static string Sanitize(string name)
    {
        var text = new StringBuilder(name.Length + 1);
        if (name.Length > 0 && char.IsAsciiDigit(name[0]))
        {
            text.Append('_');
        }
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || c == ':')
            {
                text.Append(c);
            }
            else if (text.Length == 0 || text[^1] != '_')
            {
                text.Append('_');
            }
        }
        return text.ToString();
    }

    private static string Unit(string unit)
    {
        // "{request}" is an annotation, not a unit.
        while (unit.IndexOf('{') is var open and >= 0 && unit.IndexOf('}', open) is var close and >= 0)
        {
            unit = unit.Remove(open, close - open + 1);
        }
        return unit.Split('/', 2) is [var top, var per]
            ? $"{Sanitize(Words(top))}_per_{Sanitize(Per(per))}".Trim('_')
            : Sanitize(Words(unit)).Trim('_');
    }

    private static string Words(string unit) => unit switch
    {
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tibibytes",
        "KBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "TBy" => "terabytes",
        "m" => "meters",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "%" => "percent",
        "$" => "dollars",
        "1" => "",
        _ => unit,
    };

    private static string Per(string unit) => unit switch
    {
        "s" => "second",
        "m" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" => "year",
        _ => unit,
    };
}
