using Gateway.Core.Admission.Shared;
using Gateway.Core.Tests.Journal;
using Gateway.Router.Budgets;
using Gateway.Router.Tests.Attempts;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Router.Tests.Budgets;

/// <summary>What finds no answer is told again, in order, until it is answered; what is too much is left to the ledger.</summary>
public sealed class SettlementQueueTests : IAsyncLifetime
{
    private readonly FakeStore _store = new();
    private readonly KeptHolds _keeper = new();
    private readonly JournalTime _time = new();
    private SettlementQueue _queue = null!;

    public Task InitializeAsync()
    {
        var metrics = new ServiceCollection().AddMetrics().AddSingleton<BudgetMetrics>().BuildServiceProvider().GetRequiredService<BudgetMetrics>();
        _queue = new SettlementQueue(_store, _keeper, metrics, _time, NullLogger<SettlementQueue>.Instance);
        return _queue.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _queue.StopAsync(CancellationToken.None);
        _queue.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(SettleOutcome.Rebuilding)]
    public async Task Without_a_final_answer_it_is_told_again_and_stays_held(SettleOutcome? outcome)
    {
        var isOver = false;
        _store.OnSettle = _ => (!Volatile.Read(ref isOver), outcome);
        var hold = Hold();

        _queue.Add(hold, 5, 6);
        await Fleet.UntilAsync(() => _store.Settlements.Count == 1);
        for (var told = 2; told < 6; told++)
        {
            await AdvanceUntilAsync(() => _store.Settlements.Count == told);
            Assert.Empty(_keeper.Removed);
        }

        Volatile.Write(ref isOver, true);
        await AdvanceUntilAsync(() => _keeper.Removed.Count == 1);
        Assert.All(_store.Settlements, settlement => Assert.Equal((hold.RequestId, 5L, (long?)6), (settlement.RequestId, settlement.CostNanoUsd, settlement.Tokens)));
    }

    [Theory]
    [InlineData(SettleOutcome.Settled)]
    [InlineData(SettleOutcome.Repeated)]
    [InlineData(SettleOutcome.Late)]
    [InlineData(SettleOutcome.Forgotten)]
    public async Task Any_other_answer_ends_it(SettleOutcome outcome)
    {
        _store.OnSettle = _ => (true, outcome);

        _queue.Add(Hold(), 5, 6);

        await Fleet.UntilAsync(() => _keeper.Removed.Count == 1);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task Extra_parts_are_given_back_behind_the_settlement_and_each_until_it_is_answered()
    {
        var (isSettled, isGiven) = (false, false);
        _store.OnSettle = _ => Volatile.Read(ref isSettled) ? (false, null) : (true, null);
        _store.OnVoid = () => Volatile.Read(ref isGiven);
        var hold = Hold();
        hold.Add(Extra(hold, hold.NextPart()));
        hold.Add(Extra(hold, hold.NextPart()));

        _queue.Add(hold, 5, 6);
        await AdvanceUntilAsync(() => _store.Settlements.Count == 3);
        Assert.Empty(_store.Voids);
        Volatile.Write(ref isSettled, true);
        await AdvanceUntilAsync(() => _store.Voids.Count == 2);
        Assert.Equal([0], _keeper.Removed);
        Volatile.Write(ref isGiven, true);
        await AdvanceUntilAsync(() => _keeper.Removed.Count == 3);

        Assert.Equal([0, 1, 2], _keeper.Removed);
        Assert.Equal([1, 1, 1, 2], _store.Voids.Select(static given => given.Part));
        Assert.Equal(4, _store.Settlements.Count);
    }

    [Fact]
    public async Task Nothing_is_told_while_the_store_is_down()
    {
        _store.IsUp = false;
        _queue.Add(Hold(), 5, 6);
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Empty(_store.Settlements);
        _store.IsUp = true;
        await AdvanceUntilAsync(() => _keeper.Removed.Count == 1);
    }

    [Fact]
    public async Task An_admission_without_an_answer_is_forbidden_for_a_minute_at_most()
    {
        _store.OnVoid = static () => false;

        _queue.Void(Hold().Main);
        await AdvanceUntilAsync(() => _queue.Count == 0 && _store.Voids.Count > 5, TimeSpan.FromSeconds(1));
        var told = _store.Voids.Count;
        _time.Advance(TimeSpan.FromMinutes(1));
        await Task.Yield();

        Assert.Equal(told, _store.Voids.Count);
        Assert.InRange(told, 6, 30);
    }

    [Fact]
    public async Task Beyond_a_hundred_thousand_the_oldest_is_left_to_the_ledger()
    {
        _store.IsUp = false;
        var oldest = Hold();
        _queue.Add(oldest, 1, 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < SettlementQueue.Most; i++)
        {
            _queue.Add(Hold(), 1, 1);
        }

        Assert.Equal(SettlementQueue.Most, _queue.Count);
        Assert.Equal([oldest.RequestId], _keeper.RemovedIds);
        await _queue.StopAsync(CancellationToken.None);
        Assert.Empty(_store.Settlements);
    }

    [Fact]
    public async Task The_stop_tells_what_is_left()
    {
        _store.OnSettle = static _ => (true, null);
        _queue.Add(Hold(), 1, 1);
        await Fleet.UntilAsync(() => _store.Settlements.Count == 1 && _queue.Count == 1);
        _store.OnSettle = static _ => (false, null);

        await _queue.StopAsync(CancellationToken.None);

        Assert.Equal(2, _store.Settlements.Count);
        Assert.Single(_keeper.Removed);
    }

    private static RequestHold Hold() => new(Guid.CreateVersion7(), Tickets.Hard());

    private static Hold Extra(RequestHold hold, int part) => new(hold.RequestId, part, hold.Ticket with { Part = part });

    /// <summary>Lets time pass until it has happened, in steps, each when the queue has done what the one before woke it for and waits for the clock again.</summary>
    private Task AdvanceUntilAsync(Func<bool> happened) => AdvanceUntilAsync(happened, TimeSpan.FromMilliseconds(100));

    private async Task AdvanceUntilAsync(Func<bool> happened, TimeSpan step)
    {
        using var patience = new CancellationTokenSource(RouterHost.Patience);
        while (!happened())
        {
            patience.Token.ThrowIfCancellationRequested();
            if (_time.Armed == 0)
            {
                await Task.Delay(1);
            }
            else if (!happened())
            {
                _time.Advance(step);
            }
        }
    }

    private sealed class KeptHolds : IHoldKeeper
    {
        private readonly List<(Guid Id, int Part)> _removed = [];

        public IReadOnlyList<int> Removed
        {
            get
            {
                lock (_removed)
                {
                    return [.. _removed.Select(static hold => hold.Part)];
                }
            }
        }

        public IReadOnlyList<Guid> RemovedIds
        {
            get
            {
                lock (_removed)
                {
                    return [.. _removed.Select(static hold => hold.Id)];
                }
            }
        }

        public void Add(Hold hold)
        {
        }

        public void Remove(Guid requestId, int part)
        {
            lock (_removed)
            {
                _removed.Add((requestId, part));
            }
        }
    }
}
