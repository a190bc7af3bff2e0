using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Usage.Budgets;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Usage.Tests.Budgets;

public sealed class BudgetGaugesTests : IDisposable
{
    private const long Usd = 1_000_000_000;

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly BudgetRig _rig = new();
    private readonly FixedConfig _config = new();
    private readonly IMeterFactory _meters;

    public BudgetGaugesTests()
    {
        _meters = _services.GetRequiredService<IMeterFactory>();
        _ = new BudgetGauges(_meters, _config, _rig.Book, _rig.Time);
    }

    public void Dispose() => _services.Dispose();

    [Fact]
    public void What_is_left_of_each_budget_is_shown_until_its_window_is_over()
    {
        var daily = new BudgetConfig { LimitNanoUsd = 2 * Usd, Window = BudgetWindow.Day };
        var rolling = new BudgetConfig { LimitNanoUsd = 10 * Usd, Window = BudgetWindow.Rolling, Length = TimeSpan.FromDays(1) };
        _config.Change(config => config with
        {
            Keys = [new VirtualKeyConfig { Id = "demo", Secret = "", Budgets = [daily] }],
            Teams = new Dictionary<string, TeamConfig> { ["research"] = new() { Name = "research", Budgets = [rolling] } }.ToFrozenDictionary(),
        });
        Assert.Equal(["team research rolling 86400 s 10", "key demo day 2"], Observe("gateway.budget.remaining"));

        Ship(500_000_001, ("key:demo", daily), ("team:research", rolling));
        _rig.Time.Advance(TimeSpan.FromHours(2));
        Ship(3 * Usd, ("key:demo", daily), ("team:research", rolling));

        Assert.Equal(["team research rolling 86400 s 6.499999999", "key demo day 0"], Observe("gateway.budget.remaining"));
        Assert.Equal(["team research rolling 86400 s 10", "key demo day 2"], Observe("gateway.budget.limit"));

        _rig.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(["team research rolling 86400 s 10", "key demo day 2"], Observe("gateway.budget.remaining"));
    }

    [Fact]
    public void Of_more_budgets_than_it_shows_those_of_keys_are_left_out()
    {
        var budget = new BudgetConfig { LimitNanoUsd = Usd, Window = BudgetWindow.Lifetime };
        _config.Change(config => config with
        {
            Keys = [.. Enumerable.Range(0, BudgetGauges.Most + 50).Select(i => new VirtualKeyConfig { Id = $"k{i}", Secret = "", Budgets = [budget] })],
            Organisations = new Dictionary<string, OrganisationConfig> { ["acme"] = new() { Name = "acme", Budgets = [budget] } }.ToFrozenDictionary(),
        });

        var shown = Observe("gateway.budget.remaining");

        Assert.Equal(BudgetGauges.Most, shown.Count);
        Assert.Equal("org acme lifetime 1", shown[0]);
    }

    private void Ship(long nanoUsd, params (string Scope, BudgetConfig Budget)[] budgets) =>
        _rig.Ship(_rig.NewId(), nanoUsd, [.. budgets.Select(pair => BudgetClock.ChargeAt(pair.Scope, pair.Budget, _rig.Time.GetUtcNow()).Booking)]);

    private List<string> Observe(string name)
    {
        var seen = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == name && ReferenceEquals(instrument.Meter.Scope, _meters))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) => seen.Add(FormattableString.Invariant($"{tags[0].Value} {tags[1].Value} {tags[2].Value} {value}")));
        listener.Start();
        listener.RecordObservableInstruments();
        return seen;
    }
}
