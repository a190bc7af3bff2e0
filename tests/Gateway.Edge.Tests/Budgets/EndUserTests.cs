using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Edge.Budgets;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Budgets;

/// <summary>End users that bodies name: limits of their own, and bounded whatever comes.</summary>
public sealed class EndUserTests
{
    private const string Config = BudgetedEdge.Config + """

        end_users: { limits: { requests_per_minute: 6 }, budget: { usd: 1, window: day } }
        """;

    private readonly ManualTime _time = new();

    [Fact]
    public async Task EndUser_HasLimitsOfItsOwn_AndIsNotNamed()
    {
        await using var rig = await BudgetedEdge.StartAsync(_time, config: Config);
        using var named = await rig.PostAsync("""{"model":"mini","messages":[{}],"user":"mary@example.org"}""", "gw-plain-key");
        using var nameless = await rig.PostAsync(key: "gw-plain-key");
        var (first, second) = (rig.Admission.Asked.First(), rig.Admission.Asked.Last());

        Assert.Equal("key:plain|requests/60", first.Limits[0].Id);
        Assert.Matches(@"^end:[0-9a-f]{24}\|requests/60$", first.Limits[1].Id);
        Assert.Matches(@"^end:[0-9a-f]{24}\|day:2026-11-21@UTC$", Assert.Single(first.Budgets).Booking.Id);
        Assert.Equal("key:plain|requests/60", Assert.Single(second.Limits).Id);
        Assert.Empty(second.Budgets);
    }

    [Fact]
    public async Task RefusedEndUser_IsToldWithoutItsScope()
    {
        await using var rig = await BudgetedEdge.StartAsync(_time, config: Config);
        rig.Admission.Answer = static request => FakeAdmission.Limit(request.Limits[^1].Id, 3)(request);
        using var response = await rig.PostAsync("""{"model":"mini","messages":[{}],"user":"mary@example.org"}""", "gw-free-key");

        Assert.Equal("scope=end_user; name=requests/60; limit=6; remaining=0; reset=60", BudgetedEdge.Header(response, "x-gateway-limit"));
        Assert.StartsWith("The end user of the request may send 6 requests per minute", await EdgeServer.AssertErrorAsync(response, 429, "rate_limit_exceeded"), StringComparison.Ordinal);
    }

    [Fact]
    public void SameName_IsAnotherUser_InAnotherOrganisation()
    {
        var users = new EndUserScopes(Limits(TimeSpan.FromMinutes(1)), _time);
        var first = users.Find("acme", "mary");
        Assert.Equal(first.Id, users.Find("acme", "mary").Id);
        Assert.Same(users.Find("acme", "mary"), users.Find("acme", "mary"));
        Assert.NotEqual(users.Find("acme", "mary").Id, users.Find("other", "mary").Id);
    }

    [Fact]
    public void MoreThanFit_ShareScopes_AndThoseWhoWereThereKeepTheirs()
    {
        var users = new EndUserScopes(Limits(TimeSpan.FromMinutes(1)), _time, mostExact: 100);
        var first = users.Find("acme", "mary").Id;
        var scopes = Enumerable.Range(0, 100_000).Select(i => users.Find("acme", $"user-{i}").Id).Distinct().ToArray();

        Assert.Equal(100, users.Count);
        Assert.InRange(scopes.Length, 100, 99 + EndUserScopes.SharedScopes);
        Assert.Equal(first, users.Find("acme", "mary").Id);
        Assert.All(scopes.Skip(99), static scope => Assert.Matches("^end:~[0-9]+$", scope));
    }

    [Fact]
    public void PlaceOfAnIdleUser_IsGivenToAnother_NotBeforeItsWindowIsOver()
    {
        var users = new EndUserScopes(Limits(TimeSpan.FromHours(1)), _time, mostExact: 1);
        users.Find("acme", "mary");
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.StartsWith("end:~", users.Find("acme", "john").Id, StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.DoesNotContain('~', users.Find("acme", "john").Id);
        Assert.Equal(1, users.Count);
    }

    [Fact]
    public void RulesAndCharges_AreKeptFromTheSecondTimeOn()
    {
        var users = new EndUserScopes(Limits(TimeSpan.FromMinutes(1)) with { Budgets = [new BudgetConfig { LimitNanoUsd = 1 }] }, _time);
        var once = users.Find("acme", "mary");
        var user = users.Find("acme", "mary");
        var (rules, now) = (new RuleSet([new LimitRule("key:x", "requests/60", LimitUnit.Requests, 1, TimeSpan.FromMinutes(1), 1, Shadow: false)]), _time.GetUtcNow());

        Assert.NotSame(once, user);
        Assert.NotSame(once.With(rules, null), user.With(rules, null));
        Assert.Same(user.With(rules, null), user.With(rules, null));
        Assert.Equal(2, user.With(rules, null).Rules.Length);
        Assert.Same(user.With(ChargeSet.None, now), user.With(ChargeSet.None, now));
    }

    private static EndUserConfig Limits(TimeSpan window) => new() { Limits = new ClientLimits { Rates = [new RateConfig(RateUnit.Requests, 6, window, 1)] } };
}
