namespace Gateway.Usage.Ledger.Columns;

/// <summary>Finds the newest requests that a query asks for. Segments come newest first, so that few need to be read when the newest ones pass. Not thread-safe.</summary>
internal sealed class PageScan(RequestQuery query, NameTable names)
{
    // One more than the page: whether there is a next one.
    private readonly int _most = query.Limit + 1;
    private readonly List<RowTest> _tests = [new NumberTest(LedgerColumn.Requests, 1), .. RowTest.Of(query.Filters, names)];
    private readonly PriorityQueue<RequestPlace, RequestPlace> _found = new();
    private readonly RowBlock _block = new();
    private readonly int[] _rows = new int[RowBlock.MaxRows];

    /// <summary>Places of the newest requests, newest first: one more than the limit when there are more.</summary>
    public List<RequestPlace> Run(IEnumerable<ISegmentRows> segments, CancellationToken cancellationToken)
    {
        foreach (var rows in segments.Where(static rows => rows.Count > 0).OrderByDescending(static rows => rows.MaxTime))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (IsFull && rows.MaxTime < _found.Peek().TimeUnixMs)
            {
                break;
            }

            if (rows.MaxTime >= query.FromUnixMs && rows.MinTime < query.ToUnixMs && rows.MinTime <= (query.Before?.TimeUnixMs ?? long.MaxValue))
            {
                Add(rows, cancellationToken);
            }
        }

        var places = new List<RequestPlace>(_found.Count);
        while (_found.TryDequeue(out var place, out _))
        {
            places.Add(place);
        }

        places.Reverse();
        return places;
    }

    private bool IsFull => _found.Count == _most;

    private void Add(ISegmentRows rows, CancellationToken cancellationToken)
    {
        for (var first = (rows.Count - 1) / RowBlock.MaxRows * RowBlock.MaxRows; first >= 0; first -= RowBlock.MaxRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _block.Move(rows, first);
            var chosen = InTime();
            foreach (var test in _tests)
            {
                chosen = chosen.IsEmpty ? chosen : chosen[..test.Keep(_block, chosen)];
            }

            for (var i = chosen.Length - 1; i >= 0; i--)
            {
                Offer(new RequestPlace(_block[LedgerColumn.Time][chosen[i]], rows.Segment, (uint)_block[LedgerColumn.Offset][chosen[i]]));
            }
        }
    }

    private Span<int> InTime()
    {
        var least = Math.Max(query.FromUnixMs, IsFull ? _found.Peek().TimeUnixMs : long.MinValue);
        var most = query.Before?.TimeUnixMs ?? long.MaxValue;
        var times = _block[LedgerColumn.Time];
        var count = 0;
        for (var i = 0; i < times.Length; i++)
        {
            if (times[i] >= least && times[i] < query.ToUnixMs && times[i] <= most)
            {
                _rows[count++] = i;
            }
        }

        return _rows.AsSpan(0, count);
    }

    private void Offer(RequestPlace place)
    {
        if (query.Before is { } before && place.CompareTo(before) >= 0)
        {
            return;
        }

        if (!IsFull)
        {
            _found.Enqueue(place, place);
        }
        else if (place.CompareTo(_found.Peek()) > 0)
        {
            _found.DequeueEnqueue(place, place);
        }
    }
}
