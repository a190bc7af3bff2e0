using System.Diagnostics;
using System.Threading.Channels;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Hosting;
using Gateway.Router.Telemetry;
using End = Gateway.Core.Admission.Shared.Settlement;

namespace Gateway.Router.Budgets;

/// <summary>
/// Tells the shared state in the background what requests cost, until it has answered: a client never waits for it. What finds no answer is tried again after a while; beyond
/// <see cref="Most"/> the oldest is left to Usage, which settles from the ledger. Thread-safe by a short lock. Holds stay with the keeper until their settlement is answered.
/// </summary>
internal sealed class SettlementQueue(IAdmissionStore store, IHoldKeeper keeper, BudgetMetrics metrics, TimeProvider time, ILogger<SettlementQueue> logger) : BackgroundService
{
    public const int Most = 100_000;

    private const int AtOnce = 64;

    /// <summary>The stop of the Router waits no longer than this for what is left.</summary>
    private static readonly TimeSpan LastWord = TimeSpan.FromSeconds(1);

    /// <summary>How long the queue rests while the store is not asked.</summary>
    private static readonly TimeSpan WhileDown = TimeSpan.FromMilliseconds(250);

    /// <summary>What may still be carried out late is forbidden for so long; a hold that came of it has expired by then.</summary>
    private static readonly TimeSpan LongestVoid = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<SettlementTask, long> _tasks = new();
    private readonly SemaphoreSlim _slots = new(AtOnce, AtOnce);
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private bool _isFlushed;

    /// <summary>What waits to be told.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _tasks.Count;
            }
        }
    }

    /// <summary>Settles a request that is over.</summary>
    /// <param name="costNanoUsd">What all of it cost.</param>
    /// <param name="tokens">Input and output that it really had.</param>
    public void Add(RequestHold hold, long costNanoUsd, long tokens) => Add(new SettlementTask
    {
        Settlement = new End { RequestId = hold.RequestId, Part = hold.Ticket.Part, Ticket = hold.Ticket, CostNanoUsd = costNanoUsd, Tokens = tokens },
        Voids = hold.Extras,
        AddedAt = time.GetTimestamp(),
        Trace = Activity.Current is { Recorded: true } span ? span.Context : default,
    });

    /// <summary>Gives back what an admission may hold that did not answer.</summary>
    public void Void(Hold hold) => Add(new SettlementTask { Voids = [hold], AddedAt = time.GetTimestamp() });

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (store is NoAdmissionStore || Interlocked.Exchange(ref _isFlushed, true))
        {
            return;
        }

        using var deadline = new CancellationTokenSource(LastWord, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            while (TryTake(long.MaxValue, out _) is { } task && store.IsUp)
            {
                await _slots.WaitAsync(either.Token);
                _ = RunAsync(task, either.Token);
            }

            for (var i = 0; i < AtOnce; i++)
            {
                await _slots.WaitAsync(either.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Usage settles the rest from the ledger.
        }
    }

    public override void Dispose()
    {
        _slots.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => UntilStopped.RunAsync(LoopAsync, stoppingToken);

    private async Task LoopAsync(CancellationToken stoppingToken)
    {
        if (store is NoAdmissionStore)
        {
            return;
        }

        using var timer = time.CreateTimer(static wake => ((ChannelWriter<bool>)wake!).TryWrite(true), _wake.Writer, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        while (true)
        {
            if (!store.IsUp && Count > 0)
            {
                timer.Change(WhileDown, Timeout.InfiniteTimeSpan);
            }
            else if (TryTake(time.GetTimestamp(), out var pause) is { } task)
            {
                await _slots.WaitAsync(stoppingToken);
                _ = RunAsync(task, stoppingToken);
                continue;
            }
            else if (pause is { } wait)
            {
                timer.Change(wait, Timeout.InfiniteTimeSpan);
            }

            await _wake.Reader.ReadAsync(stoppingToken);
        }
    }

    private void Add(SettlementTask task) => Add(task, time.GetTimestamp());

    private void Add(SettlementTask task, long due)
    {
        SettlementTask? dropped = null;
        lock (_lock)
        {
            if (_tasks.Count >= Most)
            {
                dropped = _tasks.Dequeue();
            }

            _tasks.Enqueue(task, due);
        }

        _wake.Writer.TryWrite(true);
        if (dropped is not null)
        {
            Drop(dropped);
        }
    }

    /// <param name="until">Timestamp up to which tasks are due.</param>
    /// <param name="pause">Time to the next one; null when there is none.</param>
    private SettlementTask? TryTake(long until, out TimeSpan? pause)
    {
        lock (_lock)
        {
            pause = null;
            if (!_tasks.TryPeek(out var task, out var due))
            {
                return null;
            }

            if (due > until)
            {
                pause = time.GetElapsedTime(until, due) + TimeSpan.FromMilliseconds(1);
                return null;
            }

            return _tasks.Dequeue();
        }
    }

    private async Task RunAsync(SettlementTask task, CancellationToken cancellationToken)
    {
        var isDone = false;
        try
        {
            isDone = await TellAsync(task, cancellationToken);
        }
#pragma warning disable CA1031 // Whatever it is, the money must be told: the next try may find it mended.
        catch (Exception exception)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                logger.SettlementFailed(exception);
            }
        }
#pragma warning restore CA1031

        if (!isDone)
        {
            task.Failures++;
            if (task.Settlement is null && time.GetElapsedTime(task.AddedAt) >= LongestVoid)
            {
                Drop(task);
            }
            else
            {
                Add(task, time.GetTimestamp() + (long)(task.Pause.TotalSeconds * time.TimestampFrequency));
            }
        }

        _slots.Release();
    }

    /// <returns>False when there was no answer, or none that is final.</returns>
    private async ValueTask<bool> TellAsync(SettlementTask task, CancellationToken cancellationToken)
    {
        if (task.Settlement is { } settlement)
        {
            using var span = RouterTraces.StartLate("settle budgets", task.Trace, settlement.RequestId);
            var outcome = await store.SettleAsync(settlement, cancellationToken);
            if (outcome is null or SettleOutcome.Rebuilding)
            {
                span?.Fail("budget_unavailable");
                return false;
            }

            metrics.Settled(outcome.Value);
            keeper.Remove(settlement.RequestId, settlement.Part);
            task.Settlement = null;
        }

        // Only now: given back before, they would be somebody else's while the cost is not yet booked.
        while (task.Voided < task.Voids.Count)
        {
            var extra = task.Voids[task.Voided];
            if (!await store.VoidAsync(extra, cancellationToken))
            {
                return false;
            }

            keeper.Remove(extra.RequestId, extra.Part);
            task.Voided++;
        }

        return true;
    }

    private void Drop(SettlementTask task)
    {
        metrics.Dropped();
        if (task.Settlement is { } settlement)
        {
            keeper.Remove(settlement.RequestId, settlement.Part);
        }

        foreach (var extra in task.Voids)
        {
            keeper.Remove(extra.RequestId, extra.Part);
        }
    }
}
