using Gateway.Core.Admission.Shared;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Ledger;

/// <summary>What requests that are gone count under one set of names in one hour.</summary>
/// <param name="Hour">Hours since 1970 UTC.</param>
/// <param name="StatusClass">Hundreds of the client's status; 0 for unknown.</param>
internal sealed record CarriedLine(
    int Hour, string KeyId, string UserId, string Team, string Organisation, string Model, string Deployment, short StatusClass, IReadOnlyList<string> Tags, UsageCounters Sum);

/// <summary>Sums that were made at once, for moving them to another store: all of them or none.</summary>
/// <param name="Id">The same each time it is read: what was moved already is left.</param>
/// <param name="Until">All of its requests arrived before.</param>
/// <param name="Lines">Their sums.</param>
/// <param name="Spent">What they spent of budgets.</param>
/// <param name="Marks">How far they came with their journals.</param>
internal sealed record CarriedPart(
    Guid Id, DateTimeOffset Until, IReadOnlyList<CarriedLine> Lines, IReadOnlyList<CarriedSpent> Spent, IReadOnlyList<RecordOrigin> Marks)
{
    /// <summary>All lines together.</summary>
    public UsageCounters Total
    {
        get
        {
            var total = new UsageCounters();
            foreach (var line in Lines)
            {
                total.Add(line.Sum);
            }

            return total;
        }
    }

    /// <summary>What a correction adds to the sums of a request that is gone.</summary>
    public static CarriedPart Of(CorrectionRecord record)
    {
        var (intent, correction) = (record.Intent, record.Correction);
        return new CarriedPart(
            correction.Id,
            DateTimeOffset.FromUnixTimeMilliseconds(intent.TimeUnixMs + 1),
            [.. record.Shares.Select(share => Line(record, share))],
            intent.Organisation.Length == 0 ? [] : [.. intent.Budgets.Distinct().Select(slot => new CarriedSpent(intent.Organisation, slot, correction.DifferenceNanoUsd))],
            []);
    }

    private static CarriedLine Line(CorrectionRecord record, CostShare share)
    {
        var (intent, sum) = (record.Intent, new UsageCounters());
        sum.AddCharge(default, share.DifferenceNanoUsd);
        return new CarriedLine(
            UsageGrouping.HourOf(intent.TimeUnixMs), intent.KeyId, intent.User, intent.Team, intent.Organisation, intent.RequestedModel, share.Deployment,
            (short)(record.Status < 100 ? 0 : record.Status / 100), intent.Tags, sum);
    }
}

/// <summary>What was spent in a slot of a budget.</summary>
internal readonly record struct CarriedSpent(string Organisation, BudgetSlot Slot, long NanoUsd);
