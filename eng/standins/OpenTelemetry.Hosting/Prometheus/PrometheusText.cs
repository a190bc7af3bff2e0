using System.Globalization;
using System.Text;
using OpenTelemetry.Metrics;

namespace OpenTelemetry.Exporter;

/// <summary>Writes the text format, version 0.0.4. Not thread-safe: one scrape at a time.</summary>
internal sealed class PrometheusText
{
    private readonly StringBuilder _text = new(16 * 1024);
    private readonly HashSet<string> _described = [];

    public string Write(in Batch<Metric> batch)
    {
        _text.Clear();
        _described.Clear();
        // Meters may share a metric's name; the format wants the lines of one name together and described once.
        var metrics = new List<(string Name, Metric Metric)>();
        foreach (var metric in batch)
        {
            metrics.Add((PrometheusNames.Metric(metric), metric));
        }
        foreach (var (name, metric) in metrics.OrderBy(static pair => pair.Name, StringComparer.Ordinal))
        {
            Write(name, metric);
        }
        return _text.ToString();
    }

    private void Write(string name, Metric metric)
    {
        if (_described.Add(name))
        {
            _text.Append("# TYPE ").Append(name).Append(' ').Append(PrometheusNames.Type(metric.MetricType)).Append('\n');
            if (metric.Description.Length > 0)
            {
                _text.Append("# HELP ").Append(name).Append(' ').Append(Escape(metric.Description, quotes: false)).Append('\n');
            }
        }
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var labels = Labels(metric, point.Tags);
            switch (metric.MetricType)
            {
                case MetricType.Histogram:
                    WriteHistogram(name, labels, in point);
                    break;
                case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                    WriteLine(name, labels, Number(point.GetSumLong()));
                    break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                    WriteLine(name, labels, Number(point.GetSumDouble()));
                    break;
                case MetricType.LongGauge:
                    WriteLine(name, labels, Number(point.GetGaugeLastValueLong()));
                    break;
                case MetricType.DoubleGauge:
                    WriteLine(name, labels, Number(point.GetGaugeLastValueDouble()));
                    break;
                case MetricType.ExponentialHistogram:
                    // The text format has no form for its buckets; sum and count are still true.
                    WriteLine(name + "_sum", labels, Number(point.GetHistogramSum()));
                    WriteLine(name + "_count", labels, Number(point.GetHistogramCount()));
                    break;
            }
        }
    }

    private void WriteHistogram(string name, string labels, in MetricPoint point)
    {
        long below = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            below += bucket.BucketCount;
            WriteLine(name + "_bucket", $"{labels},le=\"{Number(bucket.ExplicitBound)}\"", Number(below));
        }
        WriteLine(name + "_sum", labels, Number(point.GetHistogramSum()));
        WriteLine(name + "_count", labels, Number(point.GetHistogramCount()));
    }

    private void WriteLine(string name, string labels, string value) =>
        _text.Append(name).Append('{').Append(labels).Append("} ").Append(value).Append('\n');

    // The scope comes first and is always there, so the labels are never empty.
    private static string Labels(Metric metric, ReadOnlyTagCollection tags)
    {
        var labels = new StringBuilder("otel_scope_name=\"").Append(Escape(metric.MeterName, quotes: true)).Append('"');
        if (metric.MeterVersion.Length > 0)
        {
            labels.Append(",otel_scope_version=\"").Append(Escape(metric.MeterVersion, quotes: true)).Append('"');
        }
        foreach (var (key, value) in tags)
        {
            labels.Append(',').Append(PrometheusNames.Sanitize(key)).Append("=\"").Append(Escape(Text(value), quotes: true)).Append('"');
        }
        return labels.ToString();
    }

    private static string Text(object? value) => value switch
    {
        true => "true",
        false => "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Escape(string text, bool quotes)
    {
        text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };
}
