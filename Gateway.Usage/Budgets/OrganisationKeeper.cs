using Gateway.Core.Admission.Shared;

namespace Gateway.Usage.Budgets;

/// <summary>Keeps the counters of one organisation true: makes them again when they are lost, ends holds without an owner, compares with the ledger. One step at a time.</summary>
internal sealed class OrganisationKeeper(string organisation, SlotChanges changes, BudgetTools tools)
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Usually = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReconcileEvery = TimeSpan.FromSeconds(5);

    private readonly KnownHolders _holders = new(tools.Time, isFirst: !tools.Book.Organisations.Contains(organisation));
    private readonly HoldSweeper _sweeper = new(organisation, tools);
    private readonly BudgetReconciler _reconciler = new(organisation, changes, tools);
    private EpochFill? _fill;
    private long _newest;
    private long _reconciled = tools.Time.GetTimestamp();

    /// <returns>When the next step is due.</returns>
    public async ValueTask<TimeSpan> StepAsync(CancellationToken cancellationToken)
    {
        if (!tools.Authority.IsUp || await tools.Authority.EpochAsync(organisation, cancellationToken) is not { } epoch)
        {
            return Often;
        }

        switch (epoch.Phase)
        {
            case EpochPhase.Missing:
                await BeginAsync(epoch, cancellationToken);
                return Often;
            case EpochPhase.Filling:
                await FillAsync(epoch, cancellationToken);
                return Often;
            case EpochPhase.Open when epoch.Id < _newest:
                tools.Metrics.Alarm();
                tools.Logger.CountersWentBack(organisation, epoch.Id, _newest);
                await tools.Authority.DiscardAsync(organisation, epoch, cancellationToken);
                return Often;
            case EpochPhase.Open:
                await KeepAsync(epoch, cancellationToken);
                return Usually;
            default:
                throw new InvalidOperationException("The epoch has a phase that nobody knows.");
        }
    }

    private async ValueTask BeginAsync(EpochState seen, CancellationToken cancellationToken)
    {
        // Greater than all before, also when the clock went back.
        var next = Math.Max(tools.Time.GetUtcNow().ToUnixTimeMilliseconds(), Math.Max(_newest, seen.Id) + 1);
        if (await tools.Authority.BeginAsync(organisation, seen, next, cancellationToken))
        {
            if (_newest == 0)
            {
                // A first start, or one together with a Redis that keeps nothing.
                tools.Logger.CountersAbsent(organisation, next);
            }
            else
            {
                tools.Logger.CountersLost(organisation, next);
            }

            _fill = new EpochFill(organisation, next, tools);
            _newest = next;
        }
    }

    private async ValueTask FillAsync(EpochState epoch, CancellationToken cancellationToken)
    {
        // Begun by a process that is no more, or by us without hearing the answer: what it has filled is filled again.
        if (_fill?.Epoch != epoch.Id)
        {
            _fill = new EpochFill(organisation, epoch.Id, tools);
            _newest = Math.Max(_newest, epoch.Id);
        }

        if (await _fill.StepAsync(_holders, cancellationToken))
        {
            _fill = null;
            _reconciler.Reset();
        }
    }

    private async ValueTask KeepAsync(EpochState epoch, CancellationToken cancellationToken)
    {
        (_fill, _newest) = (null, epoch.Id);
        if (await tools.Authority.HoldersAsync(organisation, cancellationToken) is { } holders)
        {
            _holders.Seen(holders);
        }

        await _sweeper.SweepAsync(_holders, cancellationToken);
        if (tools.Time.GetElapsedTime(_reconciled) >= ReconcileEvery)
        {
            _reconciled = tools.Time.GetTimestamp();
            await _reconciler.RunAsync(epoch, cancellationToken);
        }
    }
}
