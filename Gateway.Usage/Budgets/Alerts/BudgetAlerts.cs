using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;

namespace Gateway.Usage.Budgets.Alerts;

/// <summary>
/// Looks every second at the budgets that were spent from and tells when one reaches a percentage of its limit: once, until it is below it again (a rolling window moved
/// on, the limit was raised). What is reached at the start was told before. Never on the path of a batch.
/// </summary>
internal sealed class BudgetAlerts(IConfigStore config, BudgetBook book, AlertSender sender, TimeProvider time, ILogger<BudgetAlerts> logger) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>Limits change with the time as well: raises begin and end.</summary>
    private static readonly TimeSpan LookAtAllEvery = TimeSpan.FromMinutes(1);

    private readonly SlotChanges _changes = book.Watch();
    private readonly HashSet<(string Organisation, string Id, int Percent)> _told = [];
    private ConfigSnapshot? _snapshot;
    private AlertRules? _rules;
    private long _lookedAtAll;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        Begin();
        return base.StartAsync(cancellationToken);
    }

    /// <summary>The first look, before the listeners: what comes from now on is news.</summary>
    internal void Begin() => LookAtAll(isNews: false);

    /// <summary>One look at what changed since the last. One at a time.</summary>
    internal void Look()
    {
        var changes = _changes.TakeAll();
        if (!ReferenceEquals(_snapshot, config.Current) || time.GetElapsedTime(_lookedAtAll) >= LookAtAllEvery)
        {
            LookAtAll(isNews: true);
            return;
        }

        foreach (var (organisation, slot) in changes)
        {
            LookAt(organisation, slot, isNews: true, met: null);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                LookSafely();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is reached from now on is told after the next start only if it is reached then.
        }
    }

    private void LookSafely()
    {
        try
        {
            Look();
        }
        catch (Exception exception)
        {
            // Whatever it is: alerts are no reason to end a service that keeps money.
            logger.LookFailed(exception);
        }
    }

    private void LookAtAll(bool isNews)
    {
        if (!ReferenceEquals(_snapshot, config.Current))
        {
            _snapshot = config.Current;
            _rules = new AlertRules(_snapshot.Config);
        }

        _lookedAtAll = time.GetTimestamp();
        if (_rules!.IsEmpty)
        {
            _told.Clear();
            return;
        }

        // What is not met again is below, or its window is over.
        var met = new HashSet<(string, string, int)>();
        foreach (var organisation in book.Organisations)
        {
            foreach (var slot in book.LiveSlots(organisation))
            {
                LookAt(organisation, slot, isNews, met);
            }
        }

        _told.IntersectWith(met);
    }

    /// <param name="met">Where it is noted what is reached now.</param>
    private void LookAt(string organisation, BudgetSlot slot, bool isNews, HashSet<(string, string, int)>? met)
    {
        var (scope, window) = SlotWindows.Split(slot.Id);
        foreach (var budget in _rules!.Of(scope))
        {
            var charge = BudgetClock.ChargeAt(scope, budget, time.GetUtcNow());
            if (!string.Equals(charge.Booking.Id, slot.Id, StringComparison.Ordinal))
            {
                continue;    // another budget of the scope, or a window that is over
            }

            var spent = Spent(organisation, charge);
            foreach (var percent in budget.Alerts)
            {
                var mark = (organisation, slot.Id, percent);
                if (spent <= 0 || spent * 100 < (Int128)percent * charge.LimitNanoUsd)
                {
                    break;    // they ascend
                }

                met?.Add(mark);
                if (_told.Add(mark) && isNews)
                {
                    Tell(organisation, scope, window, percent, spent, charge.LimitNanoUsd, budget.Webhook);
                }
            }
        }
    }

    private Int128 Spent(string organisation, in BudgetCharge charge)
    {
        var slots = new BudgetSlot[charge.Slots];
        for (var i = 0; i < slots.Length; i++)
        {
            slots[i] = charge.Booking with { Slot = charge.Booking.Slot - i };
        }

        Int128 spent = 0;
        foreach (var sum in book.SpentIn(organisation, slots))
        {
            spent += sum;
        }

        return spent;
    }

    private void Tell(string organisation, string scope, string window, int percent, Int128 spent, long limitNanoUsd, Uri? webhook)
    {
        var message = new AlertMessage
        {
            Organisation = organisation,
            Scope = scope,
            Window = window,
            Percent = percent,
            LimitUsd = AlertMessage.Usd(limitNanoUsd),
            SpentUsd = AlertMessage.Usd((long)Int128.Min(spent, long.MaxValue)),
            At = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture),
        };
        logger.BudgetReached(organisation, scope, window, percent, message.SpentUsd, message.LimitUsd);
        sender.Post(message, webhook);
    }
}
