using Gateway.Core.Admission.Local;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Hosting;

namespace Gateway.Edge.Admission;

/// <summary>
/// What this Edge alone has admitted and whose end it does not know yet: keeps it alive, asks Usage how it ended, and settles it in this process. Thread-safe by a short lock.
/// </summary>
/// <param name="isAuthority">Without Redis: budgets are decided here, too, and what they have spent is asked of Usage.</param>
internal sealed class OpenHolds(
    LocalAdmissionStore local, IUsageSettlements usage, TimeProvider time, EdgeAdmissionMetrics metrics, ILogger<OpenHolds> logger, bool isAuthority) : BackgroundService
{
    /// <summary>Requests beyond it are not followed: what they hold ends with its lease.</summary>
    public const int Capacity = 65_536;

    /// <summary>How often the ends are asked for.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>A request that its client saw end so long ago, and that Usage has no cost of, cost nothing.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>No request runs longer: whoever does not tell us of its end has forgotten to.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan AskSpentEvery = TimeSpan.FromSeconds(2);

    /// <summary>Budgets that were not used for so long are not asked for again.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromMinutes(1);

    private const int MostSlots = 8 * UsageContract.Most;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Entry> _entries = [];
    private readonly SemaphoreSlim[] _asking = [.. Enumerable.Range(0, 16).Select(static _ => new SemaphoreSlim(1))];
    private long _failedAt = long.MinValue / 2;
    private long _renewedAt = long.MinValue / 2;
    private long _askedSpentAt = long.MinValue / 2;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    public void Track(Hold hold)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(hold.RequestId, out var entry))
            {
                entry.Holds.Add(hold);
            }
            else if (_entries.Count < Capacity)
            {
                _entries.Add(hold.RequestId, new Entry(hold, Now));
            }
        }
    }

    /// <summary>Its client has the whole answer: its places are free. What it cost is still asked for.</summary>
    public void Ended(Guid requestId)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(requestId, out var entry) && entry.EndedAt is null)
            {
                entry.EndedAt = Now;
                foreach (var hold in entry.Holds)
                {
                    local.Leave(hold);
                }
            }
        }
    }

    /// <summary>No Router got it.</summary>
    public void Void(Guid requestId, int part)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(requestId, out var entry) || entry.Holds.FindIndex(hold => hold.Part == part) is var index && index < 0)
            {
                return;
            }

            local.Void(entry.Holds[index]);
            entry.Holds.RemoveAt(index);
            if (entry.Holds.Count == 0)
            {
                _entries.Remove(requestId);
            }
        }
    }

    /// <summary>Asks Usage what the request's budgets have spent.</summary>
    /// <returns>Whether all of them are known now.</returns>
    public async ValueTask<bool> FillAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        // Whoever comes at the same moment for the same budgets waits for the same answer.
        var asking = _asking[(request.Budgets[0].Booking.Id.GetHashCode(StringComparison.Ordinal) & int.MaxValue) % _asking.Length];
        await asking.WaitAsync(cancellationToken);
        try
        {
            if (local.Unknown(request) is not { } question)
            {
                return true;
            }

            // One that does not answer must not make each request wait in turn.
            return time.GetElapsedTime(0).Ticks - Volatile.Read(ref _failedAt) >= Interval.Ticks && await AskAsync(question, cancellationToken);
        }
        finally
        {
            asking.Release();
        }
    }

    /// <summary>One round: renews, asks for ends, asks for sums.</summary>
    internal async Task RoundAsync(CancellationToken cancellationToken)
    {
        if (IsDue(ref _renewedAt, RenewEvery))
        {
            Renew();
        }

        await AskEndsAsync(cancellationToken);
        if (isAuthority && IsDue(ref _askedSpentAt, AskSpentEvery))
        {
            foreach (var question in local.UsedWithin(Lately, MostSlots))
            {
                for (var i = 0; i < question.Slots.Count; i += UsageContract.Most)
                {
                    var part = new SpentQuestion(question.Organisation, [.. question.Slots.Skip(i).Take(UsageContract.Most)], [.. question.SettledHere.Skip(i).Take(UsageContract.Most)]);
                    if (!await AskAsync(part, cancellationToken))
                    {
                        return;
                    }
                }
            }
        }
    }

    public override void Dispose()
    {
        foreach (var asking in _asking)
        {
            asking.Dispose();
        }

        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => UntilStopped.RunAsync(LoopAsync, stoppingToken);

    private async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RoundAsync(stoppingToken);
            }
#pragma warning disable CA1031 // The next round must come: without it every hold ends with its lease.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                logger.AdmissionFailed(exception);
            }
#pragma warning restore CA1031
        }
    }

    private long Now => time.GetElapsedTime(0).Ticks;

    private bool IsDue(ref long at, TimeSpan every)
    {
        if (Now - at < every.Ticks)
        {
            return false;
        }

        at = Now;
        return true;
    }

    private async ValueTask<bool> AskAsync(SpentQuestion question, CancellationToken cancellationToken)
    {
        for (var i = 0; i < question.Slots.Count; i += UsageContract.Most)
        {
            var slots = question.Slots.Count <= UsageContract.Most ? question.Slots : [.. question.Slots.Skip(i).Take(UsageContract.Most)];
            if (await usage.SpentAsync(new SpentQuery(question.Organisation, slots), cancellationToken) is not { } spent)
            {
                Volatile.Write(ref _failedAt, Now);
                return false;
            }

            local.Fill(new SpentQuestion(question.Organisation, slots, [.. question.SettledHere.Skip(i).Take(slots.Count)]), spent);
        }

        return true;
    }

    private void Renew()
    {
        lock (_lock)
        {
            foreach (var entry in _entries.Values)
            {
                if (entry.EndedAt is null && Now - entry.Since >= Longest.Ticks)
                {
                    entry.EndedAt = Now;
                }

                foreach (var hold in entry.Holds)
                {
                    local.Renew(hold, withPlaces: entry.EndedAt is null);
                }
            }
        }
    }

    private async Task AskEndsAsync(CancellationToken cancellationToken)
    {
        Guid[] ids;
        lock (_lock)
        {
            metrics.SetOpen(_entries.Count);
            ids = [.. _entries.Keys];
        }

        for (var i = 0; i < ids.Length; i += UsageContract.Most)
        {
            var chunk = ids.AsSpan(i, Math.Min(UsageContract.Most, ids.Length - i)).ToArray();
            var asked = Now;
            var settled = await usage.SettledAsync(new SettledQuery(chunk), cancellationToken);
            foreach (var request in settled ?? [])
            {
                Settle(request);
            }

            // Where budgets are not decided here, nothing is lost by giving up without an answer.
            if (settled is not null || !isAuthority)
            {
                GiveUp(chunk, asked, isKnownToCostNothing: settled is not null);
            }

            if (settled is null)
            {
                return;
            }
        }
    }

    private void Settle(SettledRequest request)
    {
        lock (_lock)
        {
            if (!_entries.Remove(request.Id, out var entry))
            {
                return;
            }

            // The cost is that of all parts together.
            for (var i = 0; i < entry.Holds.Count; i++)
            {
                var hold = entry.Holds[i];
                if (i > 0)
                {
                    local.Void(hold);
                    continue;
                }

                local.Settle(new Settlement { RequestId = hold.RequestId, Part = hold.Part, Ticket = hold.Ticket, CostNanoUsd = Math.Max(0, request.CostNanoUsd), Tokens = Math.Max(0, request.Tokens) });
            }
        }
    }

    private void GiveUp(Guid[] asked, long askedAt, bool isKnownToCostNothing)
    {
        var count = 0;
        lock (_lock)
        {
            foreach (var id in asked)
            {
                if (_entries.TryGetValue(id, out var entry) && entry.EndedAt is { } ended && askedAt - ended >= Patience.Ticks)
                {
                    _entries.Remove(id);
                    entry.Holds.ForEach(hold => End(hold, isKnownToCostNothing));
                    count++;
                }
            }
        }

        if (count > 0 && isKnownToCostNothing)
        {
            logger.EndsUnknown(count);
        }
    }

    private void End(Hold hold, bool costsNothing)
    {
        if (costsNothing)
        {
            local.Void(hold);
        }
        else
        {
            local.Settle(new Settlement { RequestId = hold.RequestId, Part = hold.Part, Ticket = hold.Ticket });
        }
    }

    private sealed class Entry(Hold hold, long since)
    {
        public List<Hold> Holds { get; } = [hold];

        public long Since => since;

        /// <summary>Ticks; null while it runs.</summary>
        public long? EndedAt { get; set; }
    }
}
