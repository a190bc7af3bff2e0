namespace Gateway.Usage.Ledger.Carried;

/// <summary>
/// Keeps files open for those who may still read them. Whoever reads begins before it looks which files there are; a file that is taken out of the lists is closed when the last one has ended that began before.
/// Thread-safe by a short lock.
/// </summary>
internal sealed class SegmentReads : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, int> _running = [];    // by turn
    private readonly List<(long Turn, IDisposable File)> _waiting = [];
    private long _turn;

    /// <summary>To be disposed when the reading is over.</summary>
    public Reading Begin()
    {
        lock (_lock)
        {
            _running[_turn] = _running.GetValueOrDefault(_turn) + 1;
            return new Reading(this, _turn);
        }
    }

    /// <summary>Closes files that are in no list any more, as soon as it can be.</summary>
    public void Retire(params ReadOnlySpan<IDisposable> files)
    {
        lock (_lock)
        {
            foreach (var file in files)
            {
                _waiting.Add((_turn, file));
            }

            _turn++;
            Close_NeedsLock();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _waiting.ForEach(static waiting => waiting.File.Dispose());
            _waiting.Clear();
        }
    }

    private void End(long turn)
    {
        lock (_lock)
        {
            if (--_running[turn] == 0)
            {
                _running.Remove(turn);
                Close_NeedsLock();
            }
        }
    }

    // To close a file takes no time; one that was deleted is given back to the disk by it.
    private void Close_NeedsLock()
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        var oldest = _running.Count == 0 ? long.MaxValue : _running.Keys.Min();
        _waiting.RemoveAll(waiting =>
        {
            if (waiting.Turn >= oldest)
            {
                return false;
            }

            waiting.File.Dispose();
            return true;
        });
    }

    /// <summary>One reading, which ends once.</summary>
    public sealed class Reading(SegmentReads reads, long turn) : IDisposable
    {
        private int _isEnded;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isEnded, 1) == 0)
            {
                reads.End(turn);
            }
        }
    }
}
