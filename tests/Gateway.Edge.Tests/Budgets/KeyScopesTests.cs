using Gateway.Core.Configuration;
using Gateway.Edge.Budgets;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Budgets;

public sealed class KeyScopesTests
{
    private static readonly RateConfig Minute = new(RateUnit.Requests, 12, TimeSpan.FromMinutes(1), 2);

    private static readonly VirtualKeyConfig Plain = new() { Id = "k", Secret = "s", Limits = new ClientLimits { Rates = [Minute] } };

    [Fact]
    public void OneRateOfTheKey_IsPlain()
    {
        var plain = Of(Plain).Plain;
        Assert.Equal(("key:k:rpm", 12, 2), (plain!.Scope, plain.Limit, plain.Burst));
        Assert.Equal("key:k:requests/3600", Of(Plain with { Limits = new ClientLimits { Rates = [Minute with { Window = TimeSpan.FromHours(1) }] } }).Plain!.Scope);
    }

    [Fact]
    public void AnythingBesideIt_AndItIsNotPlain()
    {
        var budget = new BudgetConfig { LimitNanoUsd = 1 };
        var team = new TeamConfig { Name = "t", Limits = new ClientLimits { Concurrency = 1 } };
        Assert.Null(Of(Plain with { Budgets = [budget] }).Plain);
        Assert.Null(Of(Plain with { Limits = Plain.Limits with { Shadow = true } }).Plain);
        Assert.Null(Of(Plain with { Limits = Plain.Limits with { Concurrency = 1 } }).Plain);
        Assert.Null(Of(Plain with { Limits = new ClientLimits { Models = [new("*", Plain.Limits)] } }).Plain);
        Assert.Null(Of(Plain with { Limits = new ClientLimits { Rates = [Minute with { Unit = RateUnit.Tokens }] } }).Plain);
        Assert.Null(Of(Plain with { Team = "t" }, config => config with { Teams = Frozen("t", team) }).Plain);
        Assert.Null(Of(Plain, config => config with { EndUsers = new EndUserConfig { Budgets = [budget] } }).Plain);

        // A team's only rate is asked for in one place, too: other keys of the team may have more limits.
        Assert.Null(Of(Plain with { Team = "t", Limits = ClientLimits.None }, config => config with { Teams = Frozen("t", team with { Limits = Plain.Limits }) }).Plain);
    }

    [Fact]
    public void Nothing_IsEmpty()
    {
        var scopes = Of(new VirtualKeyConfig { Id = "k", Secret = "s", Team = "unknown", User = "unknown" });
        Assert.True(scopes.IsEmpty);
        Assert.Equal("default", scopes.Organisation);
    }

    [Fact]
    public void UsersTeam_OwnsTheKey_WhichNamesNone()
    {
        var scopes = Of(new VirtualKeyConfig { Id = "k", Secret = "s", User = "u" }, static config => config with
        {
            Users = Frozen("u", new UserConfig { Name = "u", Team = "t" }),
            Teams = Frozen("t", new TeamConfig { Name = "t", Organisation = "o", Limits = new ClientLimits { Concurrency = 3 } }),
        });
        Assert.Equal(("o", "team:t|concurrency"), (scopes.Organisation, Assert.Single(scopes.General.Rules).Id));
    }

    [Fact]
    public void Shadow_HoldsForTheLimitsOfModels_Too() =>
        Assert.All(Of(Plain with { Limits = new ClientLimits { Shadow = true, Rates = [Minute], Models = [new("*", Plain.Limits)] } }).All.Rules, static rule => Assert.True(rule.Shadow));

    [Fact]
    public void Charges_AreKept_UntilAWindowOrARaiseIsOver()
    {
        var now = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
        var charges = Of(Plain with
        {
            Budgets = [new BudgetConfig { LimitNanoUsd = 5, Window = BudgetWindow.Day, RaiseNanoUsd = 2, RaiseUntil = now.AddHours(1) }, new BudgetConfig { LimitNanoUsd = 7, Window = BudgetWindow.Lifetime, Hard = false }],
        }).Charges;

        var first = charges.At(now);
        Assert.Same(first, charges.At(now.AddMinutes(59)));
        Assert.Equal((7, true), (first.Charges[0].LimitNanoUsd, first.IsHard));
        Assert.Equal(5, charges.At(now.AddHours(1)).Charges[0].LimitNanoUsd);
        Assert.Equal("key:k|day:2026-11-22@UTC", charges.At(now.AddHours(12)).Slots[0].Id);
        Assert.Equal("key:k|day:2026-11-21@UTC", charges.At(now).Slots[0].Id);
    }

    [Fact]
    public void RandomModels_DoNotGrowAKey()
    {
        var config = HeldConfigStore.Document;
        var (scopes, prices, estimator) = (KeyScopes.Of(Plain with { Budgets = [new BudgetConfig { LimitNanoUsd = 1 }] }, config), new ModelPrices(config), new TokenEstimator());
        var models = new Gateway.Core.Catalog.ModelDirectory(config);
        for (var i = 0; i < 5_000; i++)
        {
            scopes.For(models.Resolve($"openai/m{i}")!, prices, estimator);
        }

        var known = models.Resolve("openai/m1")!;
        Assert.Same(scopes.For(known, prices, estimator), scopes.For(known, prices, estimator));
        Assert.Equal(256, scopes.Targets);
    }

    private static KeyScopes Of(VirtualKeyConfig key, Func<GatewayConfig, GatewayConfig>? change = null) =>
        KeyScopes.Of(key, change is null ? HeldConfigStore.Document : change(HeldConfigStore.Document));

    private static System.Collections.Frozen.FrozenDictionary<string, T> Frozen<T>(string name, T value) =>
        System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary([new KeyValuePair<string, T>(name, value)]);
}
