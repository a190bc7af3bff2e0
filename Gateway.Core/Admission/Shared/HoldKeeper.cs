using Gateway.Core.Configuration;
using Gateway.Core.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Core.Admission.Shared;

/// <summary>
/// Renews the holds of one process, and announces all of them again when the store has lost its memory. Every second it also says to each organisation of the document that the process lives:
/// whoever makes the counters again waits for those that do. Thread-safe by a short lock; a request pays for one entry of a table, and nothing when it ends before its first renewal.
/// </summary>
/// <param name="store">Where the holds are. Without a shared one (<see cref="NoAdmissionStore"/>) nothing is renewed.</param>
/// <param name="config">Names the organisations.</param>
/// <param name="holder">Id of this process among all Edges and Routers, made anew at each start.</param>
/// <param name="settled">What it settled before the ledger had it; null for a process that settles nothing.</param>
public sealed class HoldKeeper(IAdmissionStore store, IConfigStore config, TimeProvider time, string holder, ISettledRecords? settled, ILogger<HoldKeeper> logger) : BackgroundService, IHoldKeeper
{
    /// <summary>Most holds that one call of the store takes.</summary>
    public const int MostInOneCall = 128;

    /// <summary>Organisations that are told at the same time: one after the other would take too long where there are hundreds, all at once would be a burst.</summary>
    private const int AtOnce = 16;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>A third of the shorter lease, and a second to spare.</summary>
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(4);

    /// <summary>So long after the counters were made anew a hold that is added may have been lost with the old ones.</summary>
    private static readonly TimeSpan Doubtful = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(Guid RequestId, int Part), Entry> _holds = [];
    private readonly Dictionary<string, Keep> _keeps = new(StringComparer.Ordinal);

    /// <summary>Holds that are kept now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _holds.Count;
            }
        }
    }

    public void Add(Hold hold)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            var isDoubtful = _keeps.TryGetValue(hold.Ticket.Organisation, out var keep) && keep.ChangedAt is { } changed && time.GetElapsedTime(changed, now) < Doubtful;
            _holds[(hold.RequestId, hold.Part)] = new Entry(hold) { RenewedAt = isDoubtful ? null : now, Epoch = keep?.Epoch ?? 0 };
        }
    }

    public void Remove(Guid requestId, int part)
    {
        lock (_lock)
        {
            _holds.Remove((requestId, part));
        }
    }

    /// <summary>One round: all that is due, of every organisation.</summary>
    internal async Task RenewAsync(CancellationToken cancellationToken)
    {
        var rounds = Collect();
        var changed = new List<string>();
        for (var i = 0; i < rounds.Count; i += AtOnce)
        {
            var together = rounds.GetRange(i, Math.Min(AtOnce, rounds.Count - i));
            var answers = await Task.WhenAll(together.Select(round => RenewAsync(round.Keep, round.Due, cancellationToken)));
            changed.AddRange(together.Where((_, index) => answers[index]).Select(static round => round.Keep.Organisation));
        }

        if (changed.Count > 0)
        {
            // New counters wait for what is held: it is told at once, and not a second later.
            foreach (var (keep, due) in Collect().Where(round => changed.Contains(round.Keep.Organisation)))
            {
                await RenewAsync(keep, due, cancellationToken);
            }
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => UntilStopped.RunAsync(LoopAsync, stoppingToken);

    private async Task LoopAsync(CancellationToken stoppingToken)
    {
        if (store is NoAdmissionStore)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (store.IsUp)
                {
                    await RenewAsync(stoppingToken);
                }
            }
#pragma warning disable CA1031 // Whatever it is, the next round must come: without it every hold of this process expires.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                HoldKeeperLog.RoundFailed(logger, exception);
            }
#pragma warning restore CA1031
        }
    }

    private List<(Keep Keep, List<Entry> Due)> Collect()
    {
        var now = time.GetTimestamp();
        var due = new Dictionary<string, List<Entry>>(StringComparer.Ordinal) { [OrganisationConfig.DefaultName] = [] };
        foreach (var name in config.Current.Config.Organisations.Keys)
        {
            due.TryAdd(name, []);
        }

        lock (_lock)
        {
            foreach (var entry in _holds.Values)
            {
                var organisation = entry.Hold.Ticket.Organisation;
                if (!due.TryGetValue(organisation, out var list))
                {
                    // Taken out of the document while its requests run.
                    due.Add(organisation, list = []);
                }

                if (entry.RenewedAt is not { } renewed || time.GetElapsedTime(renewed, now) >= RenewEvery || entry.Epoch != KeepOf_NeedsLock(organisation).Epoch)
                {
                    list.Add(entry);
                }
            }

            return [.. due.Select(organisation => (KeepOf_NeedsLock(organisation.Key), organisation.Value))];
        }
    }

    /// <returns>Whether the counters turned out to be new ones: then everything is due.</returns>
    private async Task<bool> RenewAsync(Keep keep, List<Entry> due, CancellationToken cancellationToken)
    {
        var sent = 0;
        do
        {
            var chunk = due.GetRange(sent, Math.Min(MostInOneCall, due.Count - sent));
            sent += chunk.Count;

            // Every hold that this epoch was not told of is due, so with the last of them all are told.
            var isAll = keep.Phase == EpochPhase.Filling && sent == due.Count && settled?.AreInLedger(keep.Mark) != false;
            var state = await store.RenewAsync(keep.Organisation, holder, [.. chunk.Select(static entry => entry.Hold)], isAll, cancellationToken);
            if (state is not { } answer)
            {
                // Not known whether it was carried out: these are due again, and the rest did not have its turn.
                Note(chunk, null, keep.Epoch);
                return false;
            }

            var changed = Take(keep, answer);
            Note(chunk, time.GetTimestamp(), changed ? 0 : keep.Epoch);
            if (changed)
            {
                return true;
            }
        }
        while (sent < due.Count);

        return false;
    }

    private void Note(List<Entry> entries, long? renewedAt, long epoch)
    {
        lock (_lock)
        {
            foreach (var entry in entries)
            {
                (entry.RenewedAt, entry.Epoch) = (renewedAt, epoch);
            }
        }
    }

    /// <returns>Whether the counters are others than before: everything must be told again.</returns>
    private bool Take(Keep keep, EpochState state)
    {
        lock (_lock)
        {
            keep.Phase = state.Phase;
            if (state.Phase == EpochPhase.Missing || state.Id == keep.Epoch)
            {
                return false;
            }

            // The first epoch that a process sees is no loss.
            keep.ChangedAt = keep.Epoch == 0 && state.Phase == EpochPhase.Open ? null : time.GetTimestamp();
            keep.Epoch = state.Id;
            keep.Mark = settled?.Mark() ?? 0;
            return true;
        }
    }

    private Keep KeepOf_NeedsLock(string organisation)
    {
        if (!_keeps.TryGetValue(organisation, out var keep))
        {
            _keeps.Add(organisation, keep = new Keep(organisation));
        }

        return keep;
    }

    private sealed class Entry(Hold hold)
    {
        public Hold Hold { get; } = hold;

        /// <summary>Timestamp; null for due now.</summary>
        public long? RenewedAt { get; set; }

        /// <summary>The epoch that was told of it.</summary>
        public long Epoch { get; set; }
    }

    /// <summary>How the counters of an organisation were when they were seen last.</summary>
    private sealed class Keep(string organisation)
    {
        public string Organisation { get; } = organisation;

        public EpochPhase Phase { get; set; } = EpochPhase.Open;

        /// <summary>0 before the first answer.</summary>
        public long Epoch { get; set; }

        /// <summary>When they were found to be new ones; null for never.</summary>
        public long? ChangedAt { get; set; }

        /// <summary>What was settled before that.</summary>
        public long Mark { get; set; }
    }
}

internal static partial class HoldKeeperLog
{
    [LoggerMessage(1090, LogLevel.Error, "Holds could not be renewed; the next round tries again.")]
    public static partial void RoundFailed(ILogger logger, Exception exception);
}
