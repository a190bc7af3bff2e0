namespace Gateway.Usage.Ledger.Columns;

/// <summary>One condition on rows. Not thread-safe: who scans has tests of its own.</summary>
internal abstract class RowTest(LedgerColumn column)
{
    /// <summary>Keeps those of the chosen rows that pass, in place.</summary>
    /// <returns>How many are left.</returns>
    public int Keep(RowBlock block, Span<int> rows)
    {
        var values = block[column];
        var kept = 0;
        foreach (var row in rows)
        {
            if (Passes(values[row]))
            {
                rows[kept++] = row;
            }
        }

        return kept;
    }

    protected abstract bool Passes(long value);

    /// <summary>The conditions of a query, those first that need no look at names.</summary>
    public static List<RowTest> Of(IReadOnlyList<UsageFilter>? filters, NameTable names)
    {
        var tests = new List<RowTest>();
        foreach (var filter in filters ?? [])
        {
            tests.Add(Of(filter, names));
        }

        return tests;
    }

    private static RowTest Of(UsageFilter filter, NameTable names)
    {
        var column = LedgerColumns.Of(filter.Dimension);
        switch (filter.Dimension)
        {
            case UsageDimension.Tag:
                var labels = filter.Values.Select(names.Find).ToHashSet();
                return new MemoTest(column, 1, set => names.Set((int)set).Any(labels.Contains));
            case UsageDimension.Status:
                return new MemoTest(column, 1, status => filter.Values.Contains(GroupNames.Status((int)status)));
            case UsageDimension.Hour or UsageDimension.Day or UsageDimension.Month:
                return new MemoTest(column, LedgerColumns.MsPerHour, hour => filter.Values.Contains(GroupNames.Time(filter.Dimension, hour)));
            default:
                return new NumberTest(column, [.. filter.Values.Select(names.Find).Where(static number => number >= 0)]);
        }
    }
}

/// <summary>From a time on, to before another.</summary>
internal sealed class SpanTest(long from, long to) : RowTest(LedgerColumn.Time)
{
    protected override bool Passes(long value) => value >= from && value < to;
}

/// <summary>One of some numbers.</summary>
internal sealed class NumberTest : RowTest
{
    private readonly HashSet<long> _numbers;
    private readonly long _first;
    private readonly bool _isOne;

    public NumberTest(LedgerColumn column, params ReadOnlySpan<int> numbers)
        : base(column)
    {
        _numbers = [];
        foreach (var number in numbers)
        {
            _numbers.Add(number);
        }

        _isOne = _numbers.Count == 1;
        _first = _isOne ? numbers[0] : -1;
    }

    protected override bool Passes(long value) => value == _first || (!_isOne && _numbers.Contains(value));
}

/// <summary>Something that is worked out once for each value.</summary>
internal sealed class MemoTest(LedgerColumn column, long unit, Func<long, bool> passes) : RowTest(column)
{
    private readonly Dictionary<long, bool> _known = [];

    protected override bool Passes(long value)
    {
        var whole = value / unit;
        if (!_known.TryGetValue(whole, out var known))
        {
            _known.Add(whole, known = passes(whole));
        }

        return known;
    }
}
