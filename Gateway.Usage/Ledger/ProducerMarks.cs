namespace Gateway.Usage.Ledger;

/// <summary>
/// How far the ledger has come with each journal, kept for ever. A mark counts within one start (epoch) of the producer: a
/// journal that came back from a backup counts old numbers again, in a new epoch, and what it then records is new.
/// Not thread-safe.
/// </summary>
internal sealed class ProducerMarks
{
    private readonly Dictionary<Guid, SortedList<uint, long>> _marks = [];

    /// <summary>The record to go on with.</summary>
    public long Expected(Guid producer, uint epoch)
    {
        if (!_marks.TryGetValue(producer, out var epochs))
        {
            return 1;
        }

        // A new epoch goes on where the one before it stopped.
        var expected = 1L;
        foreach (var (known, mark) in epochs)
        {
            if (known > epoch)
            {
                break;
            }

            expected = mark + 1;
        }

        return expected;
    }

    public bool IsKnown(Guid producer, uint epoch) => _marks.TryGetValue(producer, out var epochs) && epochs.ContainsKey(epoch);

    /// <summary>What was advanced to, in any order: to advance by all of it again makes the same marks.</summary>
    public IEnumerable<(Guid Producer, uint Epoch, long Seq)> All() =>
        _marks.SelectMany(static producer => producer.Value.Select(epoch => (producer.Key, epoch.Key, epoch.Value)));

    public void Advance(Guid producer, uint epoch, long seq)
    {
        if (!_marks.TryGetValue(producer, out var epochs))
        {
            _marks.Add(producer, epochs = []);
        }

        epochs[epoch] = epochs.TryGetValue(epoch, out var mark) ? Math.Max(mark, seq) : seq;
    }
}
