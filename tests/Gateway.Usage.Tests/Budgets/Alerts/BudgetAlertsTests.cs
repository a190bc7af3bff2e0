using System.Collections.Frozen;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Usage.Budgets;
using Gateway.Usage.Budgets.Alerts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Usage.Tests.Budgets.Alerts;

public sealed class BudgetAlertsTests : IDisposable
{
    private const long Usd = 1_000_000_000;

    private readonly BudgetRig _rig = new();
    private readonly FixedConfig _config = new();
    private readonly AlertSender _sender;
    private BudgetAlerts _alerts;

    public BudgetAlertsTests()
    {
        _sender = new AlertSender(Options.Create(new BudgetOptions()), _rig.Time, new BudgetMetrics(BudgetRig.Meters), NullLogger<AlertSender>.Instance);
        _alerts = Start();
    }

    public void Dispose()
    {
        _alerts.Dispose();
        _sender.Dispose();
    }

    [Fact]
    public void Each_percentage_is_told_once_in_a_window()
    {
        Configure(Daily(1 * Usd, 50, 80, 100));
        Spend(499_999_999);
        Assert.Empty(Told());
        Spend(1);
        Assert.Equal(["Budget day:2026-01-01@UTC of key:demo in organisation acme has reached 50 %: 0.5 of 1 USD."], Told());
        Spend(1);
        Spend(500_000_000);

        Assert.Equal([50, 80, 100], Told().Select(Percent));
        Spend(Usd);
        Assert.Equal(3, Told().Length);
    }

    [Fact]
    public async Task The_service_looks_each_second()
    {
        Configure(Daily(1 * Usd, 50));
        await _alerts.StartAsync(default);
        _rig.Ship(_rig.NewId(), 600_000_000, BudgetClock.ChargeAt("key:demo", _config.Current.Config.Keys[0].Budgets[0], _rig.Time.GetUtcNow()).Booking);

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (Told().Length == 0)
        {
            _rig.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, patience.Token);
        }

        Assert.Equal([50], Told().Select(Percent));
        await _alerts.StopAsync(default);
    }

    [Fact]
    public void The_next_window_is_told_anew_and_late_records_of_the_last_are_not()
    {
        Configure(Daily(1 * Usd, 50));
        Spend(600_000_000);
        _rig.Time.Advance(TimeSpan.FromDays(1));
        _rig.Ship(_rig.NewId(), Usd, new BudgetSlot("key:demo|day:2026-01-01@UTC", 0));
        _alerts.Look();
        Assert.Single(Told());
        Spend(500_000_000);

        Assert.Contains("2026-01-02", Told()[1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_reached_before_the_start_is_not_told_again()
    {
        Configure(Daily(1 * Usd, 50, 80));
        Spend(600_000_000);
        _alerts.Dispose();
        _alerts = Start();
        Spend(100_000_000);
        Assert.Equal([50], Told().Select(Percent));
        Spend(100_000_000);

        Assert.Equal([50, 80], Told().Select(Percent));
    }

    [Fact]
    public void A_rolling_budget_is_told_again_after_it_was_below()
    {
        var budget = new BudgetConfig { LimitNanoUsd = Usd, Window = BudgetWindow.Rolling, Length = TimeSpan.FromDays(1), Alerts = [50] };
        Configure(budget);
        Spend(300_000_000);
        _rig.Time.Advance(TimeSpan.FromHours(12));
        Spend(300_000_000);
        Assert.Single(Told());

        // The first half leaves the window.
        _rig.Time.Advance(TimeSpan.FromHours(14));
        _alerts.Look();
        Spend(100_000_000);
        Assert.Single(Told());
        Spend(100_000_000);

        Assert.EndsWith("0.5 of 1 USD.", Told()[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_raise_counts_while_it_lasts()
    {
        Configure(Daily(1 * Usd, 50) with { RaiseNanoUsd = Usd, RaiseUntil = _rig.Time.GetUtcNow() + TimeSpan.FromHours(1) });
        Spend(600_000_000);
        Assert.Empty(Told());

        // Without it more than half is gone, although nothing is spent any more.
        _rig.Time.Advance(TimeSpan.FromHours(1));
        _alerts.Look();
        _rig.Time.Advance(TimeSpan.FromHours(1));
        _alerts.Look();

        Assert.Equal([50], Told().Select(Percent));
    }

    [Fact]
    public void A_changed_document_acts_at_once()
    {
        Spend(600_000_000);
        Configure(Daily(1 * Usd, 50));
        _alerts.Look();
        Assert.Single(Told());
        Configure(Daily(1 * Usd, 50, 60));
        _alerts.Look();

        Assert.Equal([50, 60], Told().Select(Percent));
    }

    [Fact]
    public void Every_owner_has_alerts_of_its_own()
    {
        var budget = new BudgetConfig { LimitNanoUsd = 10, Window = BudgetWindow.Lifetime, Alerts = [100] };
        _config.Change(config => config with
        {
            Keys = [new VirtualKeyConfig { Id = "demo", Secret = "", Budgets = [budget] }],
            Users = Table("alice", new UserConfig { Name = "alice", Budgets = [budget] }),
            Teams = Table("research", new TeamConfig { Name = "research", Budgets = [budget] }),
            Organisations = Table("acme", new OrganisationConfig { Name = "acme", Budgets = [budget] }),
            EndUsers = new EndUserConfig { Budgets = [budget] },
            JwtIssuers = [new JwtIssuerConfig { Name = "corp", Issuer = "i", Audiences = ["a"], Budgets = [budget] }],
        });
        string[] scopes = ["key:demo", "user:alice", "team:research", "org:acme", "end:0123abcd", "key:jwt:corp:bob"];
        _rig.Ship(_rig.NewId(), 10, [.. scopes.Append("key:other").Append("user:other").Select(static scope => new BudgetSlot(scope + "|lifetime", 0))]);
        _alerts.Look();

        Assert.Equal(scopes.Order(), Told().Select(static line => line.Split(' ')[3]).Order());
    }

    private static BudgetConfig Daily(long limit, params int[] alerts) => new() { LimitNanoUsd = limit, Window = BudgetWindow.Day, Alerts = alerts };

    private static FrozenDictionary<string, T> Table<T>(string name, T value) => new Dictionary<string, T> { [name] = value }.ToFrozenDictionary();

    private static int Percent(string line) => int.Parse(line.Split(" reached ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    private void Configure(BudgetConfig budget) => _config.Change(config => config with { Keys = [new VirtualKeyConfig { Id = "demo", Secret = "", Budgets = [budget] }] });

    private void Spend(long nanoUsd)
    {
        var budget = _config.Current.Config.Keys.Count == 0 ? Daily(Usd) : _config.Current.Config.Keys[0].Budgets[0];
        _rig.Ship(_rig.NewId(), nanoUsd, BudgetClock.ChargeAt("key:demo", budget, _rig.Time.GetUtcNow()).Booking);
        _alerts.Look();
    }

    private string[] Told() => _rig.Log.Of(5150);

    private BudgetAlerts Start()
    {
        var alerts = new BudgetAlerts(_config, _rig.Book, _sender, _rig.Time, new Logger<BudgetAlerts>(new LoggerFactory([_rig.Log])));

        // Without its loop, which would look beside the test whenever the clock moves.
        alerts.Begin();
        return alerts;
    }
}
