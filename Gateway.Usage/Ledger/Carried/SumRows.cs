using Gateway.Usage.Ledger.Columns;

namespace Gateway.Usage.Ledger.Carried;

/// <summary>
/// Rows of one segment, added up by hour and by all else that reports ask for, in memory until they are written. A sum that would not fit begins another row: nothing is cut before a report adds them up. Not
/// thread-safe.
/// </summary>
/// <param name="segment">The segment.</param>
/// <param name="names">Numbers of its own for the names; null keeps those of the shared table.</param>
internal sealed class SumRows(int segment, SumNames? names) : ISegmentRows
{
    private readonly Dictionary<Group, int> _rows = [];
    private readonly long[][] _columns = [.. Enumerable.Range(0, LedgerColumns.Count).Select(static _ => new long[256])];

    public int Segment => segment;

    public int Count { get; private set; }

    /// <summary>The earliest hour, as its beginning.</summary>
    public long MinTime { get; private set; } = long.MaxValue;

    /// <summary>The latest.</summary>
    public long MaxTime { get; private set; } = long.MinValue;

    /// <param name="row">As <see cref="LedgerRows"/> makes it, with names of the shared table.</param>
    public void Add(ReadOnlySpan<long> row)
    {
        var time = row[(int)LedgerColumn.Time];
        var group = new Group(
            time - (time % LedgerColumns.MsPerHour),
            Name(row[(int)LedgerColumn.Key]),
            Name(row[(int)LedgerColumn.User]),
            Name(row[(int)LedgerColumn.Team]),
            Name(row[(int)LedgerColumn.Organisation]),
            Name(row[(int)LedgerColumn.Model]),
            Name(row[(int)LedgerColumn.Deployment]),
            Name(row[(int)LedgerColumn.Provider]),
            names?.OfSet((int)row[(int)LedgerColumn.Tags]) ?? (int)row[(int)LedgerColumn.Tags],
            row[(int)LedgerColumn.Status]);
        if (!_rows.TryGetValue(group, out var at) || !Fits(at, row))
        {
            _rows[group] = at = Begin(group);
        }

        foreach (var measure in LedgerColumns.Measures)
        {
            _columns[(int)measure][at] += row[(int)measure];
        }
    }

    public bool IsZero(LedgerColumn column) => false;

    public void Read(LedgerColumn column, int first, Span<long> values) => _columns[(int)column].AsSpan(first, values.Length).CopyTo(values);

    private int Name(long number) => names?.Of((int)number) ?? (int)number;

    private bool Fits(int at, ReadOnlySpan<long> row)
    {
        foreach (var measure in LedgerColumns.Measures)
        {
            var (sum, more) = (_columns[(int)measure][at], row[(int)measure]);
            if ((Int128)sum + more != unchecked(sum + more))
            {
                return false;
            }
        }

        return true;
    }

    private int Begin(in Group group)
    {
        if (Count == _columns[0].Length)
        {
            for (var column = 0; column < _columns.Length; column++)
            {
                Array.Resize(ref _columns[column], Count * 2);
            }
        }

        _columns[(int)LedgerColumn.Time][Count] = group.Hour;
        _columns[(int)LedgerColumn.Key][Count] = group.Key;
        _columns[(int)LedgerColumn.User][Count] = group.User;
        _columns[(int)LedgerColumn.Team][Count] = group.Team;
        _columns[(int)LedgerColumn.Organisation][Count] = group.Organisation;
        _columns[(int)LedgerColumn.Model][Count] = group.Model;
        _columns[(int)LedgerColumn.Deployment][Count] = group.Deployment;
        _columns[(int)LedgerColumn.Provider][Count] = group.Provider;
        _columns[(int)LedgerColumn.Tags][Count] = group.Tags;
        _columns[(int)LedgerColumn.Status][Count] = group.Status;
        (MinTime, MaxTime) = (Math.Min(MinTime, group.Hour), Math.Max(MaxTime, group.Hour));
        return Count++;
    }

    private readonly record struct Group(long Hour, int Key, int User, int Team, int Organisation, int Model, int Deployment, int Provider, int Tags, long Status);
}
