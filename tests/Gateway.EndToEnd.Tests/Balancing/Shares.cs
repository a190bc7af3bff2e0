using System.Globalization;
using Gateway.Rig.History;

namespace Gateway.EndToEnd.Tests.Balancing;

/// <summary>Figures that the meters' rows give.</summary>
internal static class Shares
{
    private const double SecondUs = 1_000_000;

    /// <summary>Share of the requests that each of so many Simulators got.</summary>
    public static double[] OfRequests(IReadOnlyCollection<MeterEntry> rows, int simulators) =>
        [.. Enumerable.Range(0, simulators).Select(simulator => rows.Count(row => row.Simulator == simulator) / Math.Max(1.0, rows.Count))];

    /// <summary>Share of the work, in request-seconds: what each has in flight on average.</summary>
    public static double[] OfWork(IReadOnlyCollection<MeterEntry> rows, int simulators)
    {
        var all = rows.Sum(Seconds);
        return [.. Enumerable.Range(0, simulators).Select(simulator => rows.Where(row => row.Simulator == simulator).Sum(Seconds) / all)];
    }

    /// <summary>Most requests that were at one Simulator at the same time.</summary>
    public static int MostAtOnce(IEnumerable<MeterEntry> rows, int simulator)
    {
        var (now, most) = (0, 0);
        var steps = rows.Where(row => row.Simulator == simulator).SelectMany(row => new[] { (At: row.StartedUs, Step: 1), (At: row.EndedUs, Step: -1) });
        foreach (var (_, step) in steps.OrderBy(step => step.At).ThenBy(step => step.Step))
        {
            now += step;
            most = Math.Max(most, now);
        }

        return most;
    }

    /// <summary>The value below which so large a share lies.</summary>
    public static double Percentile(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    public static string Text(IEnumerable<double> shares) => string.Join(" : ", shares.Select(share => share.ToString("P1", CultureInfo.InvariantCulture)));

    private static double Seconds(MeterEntry row) => (row.EndedUs - row.StartedUs) / SecondUs;
}
