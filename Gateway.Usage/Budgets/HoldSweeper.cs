using Gateway.Core.Admission.Shared;

namespace Gateway.Usage.Budgets;

/// <summary>
/// Ends the holds that nobody renews any more: their owner died, or its settlement was lost. What the ledger knows is settled; what may still get its record is waited
/// for; the rest is given back. A record that comes even later counts all the same. Not thread-safe.
/// </summary>
internal sealed class HoldSweeper(string organisation, BudgetTools tools)
{
    private const int MostAtOnce = 2048;
    private const int Together = 32;

    /// <summary>A Router that died writes the end of its requests when it is back.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The lease, and the wait after it: who went away before that has no part in a hold that ends now.</summary>
    private static readonly TimeSpan Suspicion = TimeSpan.FromSeconds(90);

    private Dictionary<(Guid RequestId, int Part), long> _waiting = [];

    public async ValueTask SweepAsync(KnownHolders holders, CancellationToken cancellationToken)
    {
        if (await tools.Authority.ExpiredAsync(organisation, MostAtOnce, cancellationToken) is not { } expired)
        {
            return;
        }

        var now = tools.Time.GetTimestamp();
        var waiting = new Dictionary<(Guid, int), long>();
        var (settled, voided) = (0, 0);
        var (settlements, voids) = (new List<Settlement>(), new List<Hold>());
        foreach (var hold in expired)
        {
            // In this order: a request that ends in between is found at the second place.
            var wasDispatched = tools.Dispatched.Contains(hold.RequestId);
            if (tools.Book.Find(hold.RequestId) is { } end)
            {
                // Of several parts the first that is settled books all of the cost; for the others it is a repetition, which gives them back.
                settlements.Add(new Settlement { RequestId = hold.RequestId, Part = hold.Part, Ticket = hold.Ticket, CostNanoUsd = end.CostNanoUsd });
                continue;
            }

            var since = _waiting.GetValueOrDefault((hold.RequestId, hold.Part), now);
            waiting[(hold.RequestId, hold.Part)] = since;

            // A Router that lives renews what it has. So nobody has this one, unless one of them went away.
            var patience = wasDispatched || holders.Complete < Suspicion ? Patience : TimeSpan.Zero;
            if (tools.Time.GetElapsedTime(since, now) >= patience)
            {
                if (wasDispatched)
                {
                    tools.Logger.RecordMissing(hold.RequestId, organisation, patience.TotalSeconds);
                }

                voids.Add(hold);
            }
        }

        _waiting = waiting;
        foreach (var some in settlements.Chunk(Together))
        {
            // No answer: they are still there at the next sweep.
            var outcomes = await Task.WhenAll(some.Select(settlement => tools.Store.SettleAsync(settlement, cancellationToken).AsTask()));
            settled += outcomes.Count(static outcome => outcome is not null);
        }

        foreach (var some in voids.Chunk(Together))
        {
            var answers = await Task.WhenAll(some.Select(hold => tools.Store.VoidAsync(hold, cancellationToken).AsTask()));
            voided += answers.Count(static answer => answer);
        }

        if (settled + voided > 0)
        {
            tools.Metrics.Settled(settled);
            tools.Metrics.Voided(voided);
            tools.Logger.HoldsSwept(organisation, settled, voided);
        }
    }
}
