using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;

namespace Gateway.Usage.Budgets;

/// <summary>
/// Compares the counters of an organisation with the ledger. Counters that are ahead are normal: a request is settled before its record is shipped. Behind they may be for
/// a moment; for longer, settlements were lost, and then they are repeated. What that does not explain is an alarm, and the counters are made again. Not thread-safe.
/// </summary>
internal sealed class BudgetReconciler(string organisation, SlotChanges changes, BudgetTools tools)
{
    private const int SlotsAtOnce = 256;
    private const int MostSettledAgain = 4096;
    private const int Together = 32;
    private const int RoundsBehind = 2;

    private static readonly TimeSpan CompareAllEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    private readonly HashSet<BudgetSlot> _unequal = [];
    private Dictionary<BudgetSlot, int> _behind = [];
    private long? _comparedAll;
    private bool _toldAhead;
    private long _corrections;

    /// <summary>Begins anew: the counters are others than before.</summary>
    public void Reset()
    {
        _behind = [];
        _comparedAll = null;
    }

    public async ValueTask RunAsync(EpochState epoch, CancellationToken cancellationToken)
    {
        // Corrections are not what a settlement was lost of: they are told before anything is compared.
        if (!await SettleCorrectionsAsync(epoch, cancellationToken))
        {
            return;
        }

        _unequal.UnionWith(changes.Take(organisation));
        var isAll = _comparedAll is not { } last || tools.Time.GetElapsedTime(last) >= CompareAllEvery;
        if (isAll)
        {
            _unequal.UnionWith(tools.Book.LiveSlots(organisation));
        }

        // 1. Of a window that is over the store may know nothing any more.
        var now = tools.Time.GetUtcNow();
        _unequal.RemoveWhere(slot => SlotWindows.EndOf(slot) <= now);
        if (await CompareAsync([.. _unequal], cancellationToken) is not { } differences)
        {
            return;
        }

        _comparedAll = isAll ? tools.Time.GetTimestamp() : _comparedAll;
        _unequal.IntersectWith(differences.Keys);
        TellAhead(differences);

        // 2. What is behind again, and not only just now.
        var behind = differences.Where(static difference => difference.Value > 0).ToDictionary(difference => difference.Key, difference => _behind.GetValueOrDefault(difference.Key) + 1);
        _behind = behind;
        var lost = behind.Where(static slot => slot.Value >= RoundsBehind).Select(static slot => slot.Key).ToHashSet();
        if (lost.Count > 0)
        {
            await RepairAsync(epoch, lost, cancellationToken);
        }
    }

    private static long Sum(IEnumerable<long> differences) => (long)differences.Aggregate((Int128)0, static (sum, difference) => Int128.Min(sum + difference, long.MaxValue));

    private async ValueTask RepairAsync(EpochState epoch, HashSet<BudgetSlot> lost, CancellationToken cancellationToken)
    {
        // 1. The book first: what is in it now must be in the counters after the settlements.
        BudgetSlot[] slots = [.. lost];
        var expected = tools.Book.SpentIn(organisation, slots);
        if (await SettleAgainAsync(lost, cancellationToken) is not { } settled || await CountAsync(slots, expected, cancellationToken) is not { } differences)
        {
            return;
        }

        if (settled > 0)
        {
            tools.Metrics.Settled(settled);
            tools.Logger.SettledAgain(organisation, settled);
        }

        var missing = differences.Where(static difference => difference.Value > 0).ToArray();
        if (missing.Length == 0)
        {
            _behind = [];
            return;
        }

        // 2. An alarm, never a correction by hand: the counters are made again from what is true.
        tools.Metrics.Alarm();
        tools.Logger.CountersBehind(organisation, Sum(missing.Select(static difference => difference.Value)), missing.Length);
        await tools.Authority.DiscardAsync(organisation, epoch, cancellationToken);
    }

    /// <returns>How many of them were missing; null when the store does not answer.</returns>
    private async ValueTask<int?> SettleAgainAsync(HashSet<BudgetSlot> slots, CancellationToken cancellationToken)
    {
        var missing = 0;
        foreach (var ends in tools.Book.Newest(organisation, slots, MostSettledAgain).Chunk(Together))
        {
            var outcomes = await Task.WhenAll(ends.Select(end => tools.Store.SettleAsync(Settlement(end.RequestId, end.Entry), cancellationToken).AsTask()));
            foreach (var outcome in outcomes)
            {
                if (outcome is null or SettleOutcome.Rebuilding)
                {
                    return null;
                }

                missing += outcome is SettleOutcome.Settled or SettleOutcome.Late ? 1 : 0;
            }
        }

        return missing;
    }

    /// <returns>False when nothing can be compared now: the store does not answer, or its counters are thrown away.</returns>
    private async ValueTask<bool> SettleCorrectionsAsync(EpochState epoch, CancellationToken cancellationToken)
    {
        var corrections = tools.Book.Corrections(organisation, _corrections);
        var isForgotten = false;
        foreach (var some in corrections.IsWhole ? corrections.News.Chunk(Together) : [])
        {
            foreach (var outcome in await Task.WhenAll(some.Select(end => tools.Store.SettleAsync(Settlement(end.Id, end.Entry), cancellationToken).AsTask())))
            {
                if (outcome is null or SettleOutcome.Rebuilding)
                {
                    return false;
                }

                isForgotten |= outcome is SettleOutcome.Forgotten;
            }
        }

        if (!corrections.IsWhole || isForgotten)
        {
            // More than can be told one by one: what is true is counted anew.
            tools.Logger.CorrectionsCounted(organisation);
            if (!await tools.Authority.DiscardAsync(organisation, epoch, cancellationToken))
            {
                return false;
            }
        }

        _corrections = corrections.Last;
        return corrections.IsWhole && !isForgotten;
    }

    private Settlement Settlement(Guid requestId, in SettledEntry end) => new()
    {
        RequestId = requestId,
        Ticket = new AdmissionTicket { Organisation = organisation, Budgets = [.. end.Budgets.Select(static sum => sum.Slot)] },
        CostNanoUsd = end.CostNanoUsd,
    };

    private void TellAhead(Dictionary<BudgetSlot, long> differences)
    {
        var ahead = differences.Values.Where(static difference => difference < 0).Select(static difference => -difference).ToArray();
        tools.Metrics.Drift(organisation, Sum(differences.Values.Where(static difference => difference > 0)), Sum(ahead));
        var silence = tools.Dispatched.Silence;
        var isStrange = ahead.Length > 0 && silence >= Silence;
        if (isStrange && !_toldAhead)
        {
            tools.Metrics.Alarm();
            tools.Logger.CountersAhead(organisation, Sum(ahead), ahead.Length, silence.TotalSeconds);
        }

        _toldAhead = isStrange;
    }

    /// <returns>Slots that differ, with what the counters lack; null when the store does not answer.</returns>
    private async ValueTask<Dictionary<BudgetSlot, long>?> CompareAsync(BudgetSlot[] slots, CancellationToken cancellationToken)
    {
        // The book is read before the store: what was shipped was settled before.
        var expected = tools.Book.SpentIn(organisation, slots);
        return await CountAsync(slots, expected, cancellationToken);
    }

    private async ValueTask<Dictionary<BudgetSlot, long>?> CountAsync(BudgetSlot[] slots, long[] expected, CancellationToken cancellationToken)
    {
        var differences = new Dictionary<BudgetSlot, long>();
        for (var from = 0; from < slots.Length; from += SlotsAtOnce)
        {
            var some = slots[from..Math.Min(from + SlotsAtOnce, slots.Length)];
            if (await tools.Authority.CountsAsync(organisation, some, cancellationToken) is not { } counts)
            {
                return null;
            }

            for (var i = 0; i < some.Length; i++)
            {
                var difference = Math.Min(expected[from + i], BudgetConfig.MostNanoUsd) - counts[i].SpentNanoUsd;
                if (difference != 0)
                {
                    differences[some[i]] = difference;
                }
            }
        }

        return differences;
    }
}
