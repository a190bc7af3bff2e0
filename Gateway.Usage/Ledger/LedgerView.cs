using Gateway.Core.Journal;
using Gateway.Usage.Budgets;

namespace Gateway.Usage.Ledger;

/// <summary>What is kept in memory of the ledger, all of it made again from the segments at every start. Not thread-safe.</summary>
internal sealed class LedgerView
{
    private readonly NameTable _names = new();
    private readonly UsageTotals _totals;

    /// <param name="budgets">Kept up to date with the rest; it has a lock of its own.</param>
    public LedgerView(int idCapacity, BudgetBook budgets)
    {
        Budgets = budgets;
        _totals = new UsageTotals(_names);
        Ids = new RequestIdWindow(idCapacity);
    }

    public ProducerMarks Marks { get; } = new();

    public RequestIdWindow Ids { get; }

    public RequestIndex Index { get; } = new();

    public BudgetBook Budgets { get; }

    /// <summary>Records whose layout this build cannot read; they stay in the segments.</summary>
    public int Unreadable { get; private set; }

    /// <summary>Takes a FINAL that is in the segments and was not there before.</summary>
    public void Add(UsageFinal final, RecordLocation location)
    {
        _totals.Add(final);
        Budgets.Add(final);
        var place = new RequestPlace(final.Intent.TimeUnixMs, location.Segment, checked((uint)location.Offset));
        Index.Add(new IndexEntry(place, _names.Of(final.Intent.KeyId), _names.Of(final.Intent.RequestedModel)));
    }

    /// <summary>Takes a record of a segment that is read at the start.</summary>
    public void Replay(in JournalRecord record, RecordLocation location)
    {
        try
        {
            var origin = LedgerRecords.ReadOrigin(record.Payload, out var rest);
            Marks.Advance(origin.Producer, origin.Epoch, origin.Seq);
            if (record.Type is JournalRecordType.Final && Ids.Add(record.RequestId, rest) is RequestIdSeen.New)
            {
                Add(UsageRecordCodec.ReadFinal(record.Version, record.RequestId, rest), location);
            }
        }
        catch (InvalidDataException)
        {
            Unreadable++;
        }
    }

    public UsageSums Sum(UsageQuery query) => _totals.Sum(query);

    /// <summary>Whether the sums in memory are split finely enough for a query.</summary>
    public static bool HasSum(UsageQuery query) =>
        query.Filters is not { Count: > 0 } && !query.Groups.Any(static group => group is UsageDimension.User or UsageDimension.Organisation or UsageDimension.Tag);

    /// <summary>Places of the requests that may be the ones asked for, newest first.</summary>
    public List<RequestPlace> Find(RequestQuery query)
    {
        var found = new List<RequestPlace>();
        var start = query.Before;
        if (query.ToUnixMs < long.MaxValue)
        {
            var end = new RequestPlace(query.ToUnixMs, 0, 0);
            start = start is { } before && before.CompareTo(end) < 0 ? before : end;
        }

        var keys = Numbers(query, UsageDimension.Key);
        var models = Numbers(query, UsageDimension.Model);
        var isExact = query.Filters is null || query.Filters.All(static filter => filter.Dimension is UsageDimension.Key or UsageDimension.Model);
        foreach (var entry in Index.Before(start))
        {
            if (entry.Place.TimeUnixMs < query.FromUnixMs || (isExact && found.Count > query.Limit))
            {
                break;
            }

            if ((keys is null || keys.Contains(entry.Key)) && (models is null || models.Contains(entry.Model)))
            {
                found.Add(entry.Place);
            }
        }

        return found;
    }

    // Numbers of names that the index can look at; null where it need not.
    private HashSet<int>? Numbers(RequestQuery query, UsageDimension dimension) =>
        query.Filters?.FirstOrDefault(filter => filter.Dimension == dimension) is { } filter ? [.. filter.Values.Select(_names.Find)] : null;
}
