using System.Diagnostics.Metrics;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;

namespace Gateway.Usage.Budgets;

/// <summary>
/// What is left of the budgets that the document describes, by the ledger: what running requests hold is not taken off. Asked for when somebody looks. Organisations,
/// teams and users come before keys; of more than <see cref="Most"/> budgets the rest is not shown. Thread-safe.
/// </summary>
internal sealed class BudgetGauges
{
    public const int Most = 500;

    private const double NanoPerUsd = 1e9;

    private readonly IConfigStore _config;
    private readonly BudgetBook _book;
    private readonly TimeProvider _time;

    public BudgetGauges(IMeterFactory meters, IConfigStore config, BudgetBook book, TimeProvider time)
    {
        (_config, _book, _time) = (config, book, time);
        var meter = meters.Create(BudgetMetrics.MeterName);
        meter.CreateObservableGauge("gateway.budget.remaining", () => Observe(static (limit, spent) => Int128.Max(0, limit - spent)), "{USD}", "Money left of a budget of the document in its window, in USD; 0 when it is spent.");
        meter.CreateObservableGauge("gateway.budget.limit", () => Observe(static (limit, _) => limit), "{USD}", "Limit of a budget of the document, in USD, raises that hold now included.");
    }

    private IEnumerable<Measurement<double>> Observe(Func<Int128, Int128, Int128> value)
    {
        var now = _time.GetUtcNow();
        var organisations = _book.Organisations;
        foreach (var (scope, budget) in Scopes(_config.Current.Config).Take(Most))
        {
            var charge = BudgetClock.ChargeAt(scope, budget, now);
            var kind = scope[..scope.IndexOf(':', StringComparison.Ordinal)];
            yield return new((double)value(charge.LimitNanoUsd, Spent(organisations, charge)) / NanoPerUsd,
                new("scope", kind), new("name", scope[(kind.Length + 1)..]), new("window", WordOf(budget)));
        }
    }

    private static IEnumerable<(string Scope, BudgetConfig Budget)> Scopes(GatewayConfig config) =>
        Each("org:", config.Organisations.Values, static organisation => organisation.Name, static organisation => organisation.Budgets)
            .Concat(Each("team:", config.Teams.Values, static team => team.Name, static team => team.Budgets))
            .Concat(Each("user:", config.Users.Values, static user => user.Name, static user => user.Budgets))
            .Concat(Each("key:", config.Keys, static key => key.Id, static key => key.Budgets));

    private static IEnumerable<(string Scope, BudgetConfig Budget)> Each<T>(string prefix, IEnumerable<T> owners, Func<T, string> name, Func<T, IReadOnlyList<BudgetConfig>> budgets) =>
        owners.SelectMany(owner => budgets(owner).Select(budget => (prefix + name(owner), budget)));

    // A rolling window has its length in its name: an owner may have two of them.
    private static string WordOf(BudgetConfig budget) => budget.Window switch
    {
        BudgetWindow.Day => "day",
        BudgetWindow.Week => "week",
        BudgetWindow.Month => "month",
        BudgetWindow.Rolling => $"rolling {budget.Length.TotalSeconds:0} s",
        BudgetWindow.Lifetime => "lifetime",
    };

    // Owners have one name in all organisations, so at most one of these sums is not zero.
    private Int128 Spent(IReadOnlyList<string> organisations, in BudgetCharge charge)
    {
        var slots = new BudgetSlot[charge.Slots];
        for (var i = 0; i < slots.Length; i++)
        {
            slots[i] = charge.Booking with { Slot = charge.Booking.Slot - i };
        }

        Int128 spent = 0;
        foreach (var organisation in organisations)
        {
            foreach (var sum in _book.SpentIn(organisation, slots))
            {
                spent += sum;
            }
        }

        return spent;
    }
}

/// <summary>Makes the gauges at the start: nobody else asks for them.</summary>
internal sealed class BudgetGaugesStart(BudgetGauges gauges) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = gauges;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
