using Gateway.Core.Admission.Shared;

namespace Gateway.Usage.Budgets;

/// <summary>
/// The Edges and Routers that hold something of an organisation, as the store sees them. While nobody tells, the list stands still: who was there before the store
/// was lost is waited for after it. Not thread-safe.
/// </summary>
/// <param name="isFirst">Nobody can have been there before: the organisation has not spent anything yet.</param>
internal sealed class KnownHolders(TimeProvider time, bool isFirst)
{
    private readonly HashSet<string> _present = new(StringComparer.Ordinal);

    // A process that has just started does not know whom it has missed.
    private long? _lastLoss = isFirst ? null : time.GetTimestamp();

    public bool IsEmpty => _present.Count == 0;

    /// <summary>How long no Router has gone away.</summary>
    public TimeSpan Complete => _lastLoss is { } loss ? time.GetElapsedTime(loss) : TimeSpan.MaxValue;

    /// <summary>Those that the store saw in the last seconds.</summary>
    public void Seen(IReadOnlyList<(string Holder, bool HasToldAll)> holders)
    {
        var now = holders.Select(static holder => holder.Holder).ToHashSet(StringComparer.Ordinal);
        _present.ExceptWith(now);
        if (_present.Any(static lost => !lost.StartsWith(HolderIds.EdgePrefix, StringComparison.Ordinal)))
        {
            _lastLoss = time.GetTimestamp();
        }

        _present.Clear();
        _present.UnionWith(now);
    }

    /// <summary>Those that were there before or are there now, and have not told all.</summary>
    public int Silent(IReadOnlyList<(string Holder, bool HasToldAll)> holders)
    {
        var silent = new HashSet<string>(_present, StringComparer.Ordinal);
        foreach (var (holder, hasToldAll) in holders)
        {
            if (hasToldAll)
            {
                silent.Remove(holder);
            }
            else
            {
                silent.Add(holder);
            }
        }

        return silent.Count;
    }
}
