using Gateway.Core.Admission.Shared;

namespace Gateway.Usage.Tests.Budgets;

/// <summary>What a Router does with money, by chance: it takes requests, ends them, settles and ships, and tells what it holds; and the store loses its memory now and then.</summary>
internal sealed class FakeRouter(BudgetRig rig, Random random)
{
    private const long Held = 1000;

    private readonly List<Guid> _running = [];
    private readonly List<(Guid Id, long Cost)> _journal = [];
    private readonly List<(Guid Id, long Cost)> _unsettled = [];

    private DateTimeOffset _quietUntil;

    /// <summary>Of all requests that have ended.</summary>
    public long Cost { get; private set; }

    public int Losses { get; private set; }

    public int Haste { get; } = random.Next(1, 8);

    private bool IsQuiet => rig.Time.GetUtcNow() < _quietUntil;

    public async Task ActAsync()
    {
        switch (random.Next(12))
        {
            case 0 or 1 or 2:
                var id = rig.NewId();
                if (rig.Store.Admit(BudgetRig.Hold(id, Held)))
                {
                    rig.Dispatched.Began(id);
                    _running.Add(id);
                }

                break;
            case 3 or 4 when _running.Count > 0:
                await EndAsync(random.Next(_running.Count));
                break;
            case 5 or 6:
                await SettleAsync();
                break;
            case 7 or 8:
                Ship(random.Next(1, 5));
                break;
            case 9 when random.Next(10) == 0:
                // Neither Usage nor the store hears of it for a while, and not as long as Usage would give up.
                _quietUntil = rig.Time.GetUtcNow() + TimeSpan.FromSeconds(random.NextDouble() * 6);
                break;
            case 10 when random.Next(30) == 0:
                Losses++;
                rig.Store.Lose();
                break;
            default:
                break;
        }

        await RenewAsync();
    }

    public async Task FinishAsync()
    {
        while (_running.Count > 0)
        {
            await EndAsync(0);
        }
    }

    /// <summary>Also settles and ships, a little each time.</summary>
    public async ValueTask RenewAsync()
    {
        if (_running.Count == 0)
        {
            await SettleAsync();
            Ship(10);
        }

        if (IsQuiet)
        {
            return;
        }

        // What was settled must be in the ledger before all is told; what is not settled is still held.
        Hold[] holds = [.. _running.Concat(_unsettled.Select(static end => end.Id)).Select(id => BudgetRig.Hold(id, Held))];
        var isAll = _journal.TrueForAll(end => _unsettled.Contains(end));
        await rig.Store.RenewAsync(BudgetRig.Organisation, "router", holds, isAll, default);
    }

    private async Task EndAsync(int index)
    {
        var end = (_running[index], random.NextInt64(Held + 1));
        _running.RemoveAt(index);
        _journal.Add(end);
        _unsettled.Add(end);
        Cost += end.Item2;
        if (random.Next(3) > 0)
        {
            await SettleAsync(end);
        }
    }

    private async Task SettleAsync()
    {
        foreach (var end in _unsettled.ToList())
        {
            await SettleAsync(end);
        }
    }

    private async Task SettleAsync((Guid Id, long Cost) end)
    {
        rig.Store.LosesAnswers = random.Next(4) == 0;
        var outcome = await rig.Store.SettleAsync(BudgetRig.Settlement(end.Id, end.Cost), default);
        rig.Store.LosesAnswers = false;
        if (outcome is not (null or SettleOutcome.Rebuilding))
        {
            _unsettled.Remove(end);
        }
    }

    private void Ship(int most)
    {
        if (IsQuiet)
        {
            return;
        }

        foreach (var (id, cost) in _journal.Take(most).ToList())
        {
            rig.Ship(id, cost);
            _journal.RemoveAt(0);
        }
    }
}
