using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;

namespace Gateway.Usage.Budgets;

/// <summary>Making the counters of one epoch: waiting for the holders, then one cut of the book, told in pieces. Not thread-safe.</summary>
internal sealed class EpochFill(string organisation, long epoch, BudgetTools tools)
{
    private const int SpentInPiece = 256;
    private const int SettledInPiece = 1024;

    /// <summary>So that other organisations have their turn.</summary>
    private const int PiecesAtOnce = 32;

    /// <summary>Everybody who was there before has told all: one round of renewals, so that others would have shown themselves.</summary>
    private static readonly TimeSpan CompleteWait = TimeSpan.FromSeconds(1.2);

    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(10);

    /// <summary>Where money was spent before and nobody is there: the Routers are still finding their way back.</summary>
    private static readonly TimeSpan LonelyWait = TimeSpan.FromSeconds(4);

    private readonly long _began = tools.Time.GetTimestamp();
    private BudgetCut? _cut;
    private int _piecesTold;

    public long Epoch => epoch;

    /// <returns>True when the epoch is open.</returns>
    public async ValueTask<bool> StepAsync(KnownHolders holders, CancellationToken cancellationToken)
    {
        if (_cut is null && !await HaveAllToldAsync(holders, cancellationToken))
        {
            return false;
        }

        // 1. What ended until now is in the cut. What ends from now on is settled after the opening: settlements are not taken meanwhile.
        var cut = _cut ??= tools.Book.Cut(organisation);

        // 2. All of it, in pieces; one without an answer is told again.
        for (var i = 0; i < PiecesAtOnce && (_piecesTold * SpentInPiece < cut.Spent.Count || _piecesTold * SettledInPiece < cut.Settled.Count); i++)
        {
            var spent = cut.Spent.Skip(_piecesTold * SpentInPiece).Take(SpentInPiece).Select(Representable).ToArray();
            var settled = cut.Settled.Skip(_piecesTold * SettledInPiece).Take(SettledInPiece).ToArray();
            if (!await tools.Authority.FillAsync(organisation, epoch, spent, settled, cancellationToken))
            {
                return false;
            }

            _piecesTold++;
        }

        // 3. Only then is it true.
        if (_piecesTold * SpentInPiece < cut.Spent.Count || _piecesTold * SettledInPiece < cut.Settled.Count
            || !await tools.Authority.OpenAsync(organisation, epoch, cancellationToken))
        {
            return false;
        }

        tools.Metrics.Rebuilt();
        tools.Logger.CountersMade(organisation, cut.Spent.Count, cut.Settled.Count, tools.Time.GetElapsedTime(_began).TotalMilliseconds);
        return true;
    }

    // Sums of stores are exact up to there, and no limit is greater.
    private static SpentEntry Representable(SpentEntry entry) => entry with { SpentNanoUsd = Math.Min(entry.SpentNanoUsd, BudgetConfig.MostNanoUsd) };

    private async ValueTask<bool> HaveAllToldAsync(KnownHolders holders, CancellationToken cancellationToken)
    {
        if (await tools.Authority.HoldersAsync(organisation, cancellationToken) is not { } present)
        {
            return false;
        }

        var waited = tools.Time.GetElapsedTime(_began);
        var silent = holders.Silent(present);
        var isLonely = holders.IsEmpty && present.Count == 0 && tools.Book.LiveSlots(organisation).Count > 0;
        var least = !holders.IsEmpty ? CompleteWait : isLonely ? LonelyWait : LeastWait;
        if (waited < least || (silent > 0 && waited < MostWait))
        {
            return false;
        }

        if (silent > 0)
        {
            tools.Logger.HoldersSilent(organisation, silent, waited.TotalSeconds);
        }

        return true;
    }
}
