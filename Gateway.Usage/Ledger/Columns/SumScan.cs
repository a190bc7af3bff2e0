using Gateway.Core.Errors;
using Gateway.Core.Money;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>Sums rows as <see cref="UsageGrouping"/> sums records. Several run beside each other over the segments of one report, each with sums of its own. Not thread-safe.</summary>
internal sealed class SumScan
{
    private readonly UsageQuery _query;
    private readonly NameTable _names;
    private readonly RowGroups? _groups;
    private readonly GroupSums _sums = new();
    private readonly GroupSums _total = new();
    private readonly List<RowTest> _tests;
    private readonly SpanTest _span;
    private readonly (long From, long To) _time;
    private readonly RowBlock _block = new();
    private readonly int[] _rows = new int[RowBlock.MaxRows];

    /// <param name="names">All names of the rows that will be seen.</param>
    public SumScan(UsageQuery query, NameTable names, int mostGroups)
    {
        (_query, _names) = (query, names);
        _groups = query.Groups.Count > 0 ? new RowGroups(query.Groups, names, mostGroups) : null;
        _tests = RowTest.Of(query.Filters, names);
        _time = (query.FromHour * LedgerColumns.MsPerHour, query.ToHour * LedgerColumns.MsPerHour);
        _span = new SpanTest(_time.From, _time.To);
    }

    /// <summary>One report, on as many processors as there are.</summary>
    /// <exception cref="GatewayException">There are more groups than one answer holds.</exception>
    public static async Task<UsageSums> RunAsync(UsageQuery query, IReadOnlyList<ISegmentRows> rows, NameTable names, int mostGroups, CancellationToken cancellationToken)
    {
        var scans = Enumerable.Range(0, Math.Clamp(rows.Count, 1, Environment.ProcessorCount)).Select(_ => new SumScan(query, names, mostGroups)).ToArray();
        var next = -1;
        await Task.WhenAll(scans.Select(scan => Task.Run(
            () =>
            {
                for (var at = Interlocked.Increment(ref next); at < rows.Count; at = Interlocked.Increment(ref next))
                {
                    scan.Add(rows[at], cancellationToken);
                }
            },
            cancellationToken)));
        foreach (var scan in scans.Skip(1))
        {
            scans[0].Add(scan);
        }

        return scans[0].Finish();
    }

    public void Add(ISegmentRows rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0 || rows.MaxTime < _time.From || rows.MinTime >= _time.To)
        {
            return;
        }

        var isWithin = rows.MinTime >= _time.From && rows.MaxTime < _time.To;
        for (var first = 0; first < rows.Count; first += RowBlock.MaxRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _block.Move(rows, first);
            AddBlock(isWithin);
        }
    }

    /// <summary>Takes over what another has summed.</summary>
    public void Add(SumScan other)
    {
        Add(_total[0], other._total[0]);
        for (var group = 0; group < (other._groups?.Count ?? 0); group++)
        {
            Add(_sums[_groups!.Of(other._groups!.Codes(group))], other._sums[group]);
        }
    }

    public UsageSums Finish()
    {
        var groups = new (string Id, UsageGroupSum Group)[_groups?.Count ?? 0];
        for (var group = 0; group < groups.Length; group++)
        {
            var codes = _groups!.Codes(group);
            var values = new string[codes.Length];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = GroupNames.Of(_query.Groups[i], codes[i], _names);
            }

            groups[group] = (values.Length == 1 ? values[0] : string.Join('\0', values), new UsageGroupSum(values, Counters(_sums[group])));
        }

        Array.Sort(groups, static (left, right) => string.CompareOrdinal(left.Id, right.Id));
        return new UsageSums(Array.ConvertAll(groups, static group => group.Group), Counters(_total[0]));
    }

    private static void Add(Span<long> sums, ReadOnlySpan<long> more)
    {
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] = GroupSums.Add(sums[i], more[i]);
        }
    }

    private static UsageCounters Counters(ReadOnlySpan<long> sums)
    {
        var counters = new UsageCounters();
        counters.AddRequests(sums[0]);
        counters.AddCharge(new TokenUsage(sums[1], sums[2], sums[3], sums[4], sums[5]) { AudioInput = sums[6], AudioOutput = sums[7] }, sums[8]);
        return counters;
    }

    private void AddBlock(bool isWithin)
    {
        var rows = _rows.AsSpan(0, _block.Count);
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = i;
        }

        if (!isWithin)
        {
            rows = rows[.._span.Keep(_block, rows)];
        }

        foreach (var test in _tests)
        {
            rows = rows[..test.Keep(_block, rows)];
        }

        if (rows.IsEmpty)
        {
            return;
        }

        if (_groups is not null)
        {
            _groups.Find(_block, rows);
            _sums.Reserve(_groups.Count);
        }

        var total = _total[0];
        for (var measure = 0; measure < LedgerColumns.Measures.Length; measure++)
        {
            var column = LedgerColumns.Measures[measure];
            if (_block.IsZero(column))
            {
                continue;
            }

            var values = _block[column];
            foreach (var row in rows)
            {
                total[measure] = GroupSums.Add(total[measure], values[row]);
            }

            if (_groups is not null)
            {
                _sums.Add(measure, _groups.EntryGroups, _groups.EntryRows, values);
            }
        }
    }
}
