using System.Globalization;
using Gateway.Core.Journal;
using Gateway.Usage.Pricing;

namespace Gateway.Usage.Ledger;

/// <summary>Sums by hour, key, team, model, deployment and class of status: what reports are made of. Not thread-safe.</summary>
internal sealed class UsageTotals(NameTable names)
{
    private const long MsPerHour = 3_600_000;

    private readonly Dictionary<Cell, UsageCounters> _cells = [];

    public static int HourOf(long unixMs) => (int)Math.Clamp(Math.DivRem(unixMs, MsPerHour).Quotient, 0, int.MaxValue);

    /// <summary>
    /// Counts a request once, at the deployment that answered, and what each of its calls is charged for at the deployment that was called:
    /// the price of a token and the deployment it is counted at are of one.
    /// </summary>
    public void Add(UsageFinal final)
    {
        var intent = final.Intent;
        var cell = new Cell(
            HourOf(intent.TimeUnixMs), names.Of(intent.KeyId), names.Of(intent.Team), names.Of(intent.RequestedModel), names.Of(intent.Deployment), final.Status / 100);
        var answering = Counters(cell);
        answering.AddRequest();
        if (final.AttemptRecords.Count == 0 || !CostCheck.AddsUp(final))
        {
            // Records of old layouts name one deployment only. Sums must be those of the requests, whatever their attempts say.
            answering.AddCharge(final.Usage, final.CostNanoUsd);
            return;
        }

        for (var i = 0; i < final.AttemptRecords.Count; i++)
        {
            var attempt = final.AttemptRecords[i];
            if (attempt.CostNanoUsd != 0 || attempt.Usage != default)
            {
                Counters(cell with { Deployment = names.Of(attempt.Deployment) }).AddCharge(attempt.Usage, attempt.CostNanoUsd);
            }
        }
    }

    public UsageSums Sum(UsageQuery query)
    {
        var total = new UsageCounters();
        var groups = new Dictionary<string, UsageGroupSum>(StringComparer.Ordinal);
        foreach (var (cell, counters) in _cells)
        {
            if (cell.Hour < query.FromHour || cell.Hour >= query.ToHour)
            {
                continue;
            }

            total.Add(counters);
            if (query.Groups.Count == 0)
            {
                continue;
            }

            var values = query.Groups.Select(dimension => Value(cell, dimension)).ToArray();
            var id = string.Join('\0', values);
            if (!groups.TryGetValue(id, out var group))
            {
                groups.Add(id, group = new UsageGroupSum(values, new UsageCounters()));
            }

            group.Sum.Add(counters);
        }

        return new UsageSums([.. groups.OrderBy(static group => group.Key, StringComparer.Ordinal).Select(static group => group.Value)], total);
    }

    private UsageCounters Counters(in Cell cell)
    {
        if (!_cells.TryGetValue(cell, out var counters))
        {
            _cells.Add(cell, counters = new UsageCounters());
        }

        return counters;
    }

    private string Value(in Cell cell, UsageDimension dimension) => dimension switch
    {
        UsageDimension.Key => names[cell.Key],
        UsageDimension.Model => names[cell.Model],
        UsageDimension.Deployment => names[cell.Deployment],
        UsageDimension.Provider => UsageGrouping.ProviderOf(names[cell.Deployment]),
        UsageDimension.Team => names[cell.Team],
        UsageDimension.Hour => Time(cell, "yyyy-MM-ddTHH"),
        UsageDimension.Day => Time(cell, "yyyy-MM-dd"),
        UsageDimension.Month => Time(cell, "yyyy-MM"),
        UsageDimension.Status => UsageGrouping.StatusOf(cell.StatusClass * 100),
        UsageDimension.User or UsageDimension.Organisation or UsageDimension.Tag => throw new ArgumentOutOfRangeException(nameof(dimension), dimension, "These sums are not split by it."),
    };

    private static string Time(in Cell cell, string format) => DateTimeOffset.FromUnixTimeMilliseconds(cell.Hour * MsPerHour).ToString(format, CultureInfo.InvariantCulture);

    private readonly record struct Cell(int Hour, int Key, int Team, int Model, int Deployment, int StatusClass);
}
