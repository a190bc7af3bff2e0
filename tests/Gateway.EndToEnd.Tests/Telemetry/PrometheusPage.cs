using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.EndToEnd.Tests.Telemetry;

/// <summary>What the services of a rig show at <c>/metrics</c>, together.</summary>
internal sealed partial class PrometheusPage
{
    private readonly List<(string Name, Dictionary<string, string> Labels, double Value)> _series = [];

    public IEnumerable<string> Names => _series.Select(static series => series.Name).Distinct();

    public IEnumerable<string> Labels => _series.SelectMany(static series => series.Labels.Keys).Distinct();

    public int Count => _series.Count;

    public static async Task<PrometheusPage> ReadAsync(GatewayRig rig)
    {
        var page = new PrometheusPage();
        foreach (var process in new[] { rig.Usage, rig.Moderation }.Concat(rig.Routers).Concat(rig.Edges))
        {
            using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = process.Url };
            page.Add(process.Name, await client.GetStringAsync("/metrics"));
        }

        return page;
    }

    public double Sum(string name, params (string Label, string Value)[] labels) =>
        _series.Where(series => series.Name == name && labels.All(label => series.Labels.GetValueOrDefault(label.Label) == label.Value)).Sum(static series => series.Value);

    /// <summary>Names and labels of every series, without their values.</summary>
    public IEnumerable<string> All() => _series.Select(static series => $"{series.Name}{{{string.Join(',', series.Labels.Select(static label => $"{label.Key}={label.Value}"))}}}");

    private void Add(string job, string text)
    {
        foreach (var line in text.Split('\n').Where(static line => line.Length > 0 && line[0] != '#'))
        {
            var match = Series().Match(line);
            Assert.True(match.Success, line);
            var labels = Label().Matches(match.Groups[2].Value).ToDictionary(static label => label.Groups[1].Value, static label => label.Groups[2].Value);
            labels["job"] = job;
            _series.Add((match.Groups[1].Value, labels, double.Parse(match.Groups[3].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture)));
        }
    }

    [GeneratedRegex("""^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$""")]
    private static partial Regex Series();

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)""")]
    private static partial Regex Label();
}
