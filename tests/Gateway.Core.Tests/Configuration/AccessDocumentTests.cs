using Gateway.Core.Configuration;

namespace Gateway.Core.Tests.Configuration;

/// <summary>Keys, owners, limits, budgets and issuers of tokens: what a document says arrives.</summary>
public sealed class AccessDocumentTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public void Limits_OfEveryKind_AreReadWithTheirDefaultBursts()
    {
        var limits = Limits("""
            requests_per_second: 7, requests_per_minute: 600, requests_per_hour: 5, requests_per_day: 86400,
            tokens_per_second: 10, tokens_per_minute: 100000, tokens_per_hour: 6, tokens_per_day: 1000000000000, concurrency: 8, sessions_5m: 9, sessions_1h: 10, sessions_1d: 11
            """);

        Assert.Equal(
            [
                new(RateUnit.Requests, 7, Second, 7), new(RateUnit.Requests, 600, Minute, 100), new(RateUnit.Requests, 5, Hour, 1), new(RateUnit.Requests, 86_400, Day, 14_400),
                new(RateUnit.Tokens, 10, Second, 10), new(RateUnit.Tokens, 100_000, Minute, 16_666), new(RateUnit.Tokens, 6, Hour, 1), new(RateUnit.Tokens, 1_000_000_000_000, Day, 166_666_666_666),
            ],
            limits.Rates);
        Assert.Equal(8, limits.Concurrency);
        Assert.Equal([new(9, TimeSpan.FromMinutes(5)), new(10, Hour), new(11, Day)], limits.Sessions);
        Assert.False(limits.Shadow);
        Assert.Null(limits.Burst);
    }

    [Theory]
    [InlineData("10s", 6000, 10, 1)]
    [InlineData("1ms", 1, 1, 1)]
    [InlineData("1m", 36_000, 60, 6)]
    [InlineData("1d", 51_840_000, 86_400, 8640)]
    public void Burst_AsTime_IsWhatEachRateAllowsInIt(string burst, long perSecond, long perMinute, long perHour)
    {
        var limits = Limits($"requests_per_second: 600, requests_per_minute: 60, tokens_per_hour: 360, burst: {burst}");

        Assert.Equal([perSecond, perMinute, perHour], limits.Rates.Select(static rate => rate.Burst));
        Assert.True(limits.Burst > TimeSpan.Zero);
    }

    [Fact]
    public void Burst_OfTheLargestRateAndTime_DoesNotOverflow() =>
        Assert.Equal(1_000_000_000_000 * 86_400, Limits("tokens_per_second: 1000000000000, burst: 1d").Rates[0].Burst);

    [Fact]
    public void Limits_ByModelAndInShadow_AreRead()
    {
        var limits = Limits("shadow: true, concurrency: 1, models: { \"gpt-4*\": { tokens_per_minute: 60, burst: 1s }, gpt-4o: { concurrency: 2, sessions_1h: 3 } }");

        Assert.True(limits.Shadow);
        Assert.Equal(["gpt-4*", "gpt-4o"], limits.Models.Select(static entry => entry.Key));
        Assert.Equal(new RateConfig(RateUnit.Tokens, 60, Minute, 1), Assert.Single(limits.Models[0].Value.Rates));
        Assert.Equal(2, limits.Models[1].Value.Concurrency);
        Assert.Equal(new SessionLimitConfig(3, Hour), Assert.Single(limits.Models[1].Value.Sessions));
    }

    [Fact]
    public void Budget_WithOnlyItsMoney_IsHardAndOfTheMonthInUtc()
    {
        var budget = Assert.Single(Key("budget: { usd: 12.5 }").Budgets);

        Assert.Equal((12_500_000_000, BudgetWindow.Month, true), (budget.LimitNanoUsd, budget.Window, budget.Hard));
        Assert.Equal(TimeZoneInfo.Utc, budget.TimeZone);
        Assert.Equal((0, null, null, null), (budget.RaiseNanoUsd, budget.RaiseUntil, budget.Webhook, budget.FallbackModel));
        Assert.Empty(budget.Alerts);
    }

    [Fact]
    public void Budgets_WithEverything_AreReadInOrder()
    {
        var budgets = Key("""
            budgets: [
              { usd: 0.000000001, window: day, time_zone: Europe/Berlin, fallback: fast, alerts: [50, 80, 100], webhook: "https://hooks.example.com/T/B?sig=a%2Bb&x=1" },
              { usd: 9000000, window: rolling, length: 12h, mode: soft },
              { usd: 100, window: week, raise: { usd: 50.25, until: 2027-01-01 } },
              { usd: 0, window: lifetime }, { usd: 3, window: day, time_zone: America/New_York } ]
            """).Budgets;

        Assert.Equal([1, 9_000_000_000_000_000, 100_000_000_000, 0, 3_000_000_000], budgets.Select(static budget => budget.LimitNanoUsd));
        Assert.Equal([BudgetWindow.Day, BudgetWindow.Rolling, BudgetWindow.Week, BudgetWindow.Lifetime, BudgetWindow.Day], budgets.Select(static budget => budget.Window));
        Assert.Equal(["Europe/Berlin", "UTC", "UTC", "UTC", "America/New_York"], budgets.Select(static budget => budget.TimeZone.Id));
        Assert.Equal([true, false, true, true, true], budgets.Select(static budget => budget.Hard));
        Assert.Equal("fast", budgets[0].FallbackModel);
        Assert.Equal([50, 80, 100], budgets[0].Alerts);
        Assert.Equal("https://hooks.example.com/T/B?sig=a%2Bb&x=1", budgets[0].Webhook!.AbsoluteUri);
        Assert.Equal(TimeSpan.FromHours(12), budgets[1].Length);
        Assert.Equal((50_250_000_000, new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero)), (budgets[2].RaiseNanoUsd, budgets[2].RaiseUntil!.Value));
    }

    [Fact]
    public void Owners_OfEveryKind_HaveLimitsAndBudgets()
    {
        const string Allowances = "limits: { concurrency: 5 }, budget: { usd: 1, window: day }";
        var config = Documents.Good(Base + $$"""
            organisations: { acme: { {{Allowances}} } }
            teams: { red: { weight: 2, organisation: acme, {{Allowances}} }, blue: {} }
            users: { alice: { team: red, {{Allowances}} }, bob: { organisation: acme } }
            end_users: { {{Allowances}} }
            keys: [ { id: k, secret: s-secret, models: ["*"], {{Allowances}} } ]
            auth: { jwt: [ { name: j, issuer: i, audience: a, jwks_url: "https://i.example.com", models: ["*"], {{Allowances}} } ] }
            """);

        Assert.Equal(["acme", "default"], config.Organisations.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("acme", "default"), (config.Teams["red"].Organisation, config.Teams["blue"].Organisation));
        Assert.Equal(("red", null, null, "acme"), (config.Users["alice"].Team, config.Users["alice"].Organisation, config.Users["bob"].Team, config.Users["bob"].Organisation));
        (ClientLimits Limits, IReadOnlyList<BudgetConfig> Budgets)[] all =
        [
            (config.Organisations["acme"].Limits, config.Organisations["acme"].Budgets), (config.Teams["red"].Limits, config.Teams["red"].Budgets),
            (config.Users["alice"].Limits, config.Users["alice"].Budgets), (config.EndUsers.Limits, config.EndUsers.Budgets), (config.Keys[0].Limits, config.Keys[0].Budgets),
            (config.JwtIssuers[0].Limits, config.JwtIssuers[0].Budgets),
        ];
        Assert.All(all, static owner => Assert.Equal((5L, 1_000_000_000, BudgetWindow.Day), (owner.Limits.Concurrency, owner.Budgets[0].LimitNanoUsd, owner.Budgets[0].Window)));
        Assert.True(config.Organisations["default"].Limits.IsEmpty);
    }

    [Fact]
    public void Document_WithoutOwners_HasTheDefaultOrganisation()
    {
        var config = Documents.Good(Documents.Small);

        Assert.Equal("default", Assert.Single(config.Organisations).Key);
        Assert.Empty(config.Users);
        Assert.Empty(config.JwtIssuers);
        Assert.True(config.EndUsers.Limits.IsEmpty);
        Assert.Null(config.Models["gpt-4o"].OutputCap);
    }

    [Fact]
    public void Key_WithEverything_IsRead()
    {
        var key = Key("""
            hash: 00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff, disabled: true, user: alice, organisation: default,
            addresses: [192.0.2.7, 10.0.0.0/8, "2001:DB8::7", "2001:db8::/32", 0.0.0.0/0], labels: { cost-centre: "7" }
            """, secret: "");

        Assert.Equal("", key.Secret);
        Assert.Equal("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", key.Hash);
        Assert.True(key.Disabled);
        Assert.Equal(("alice", "default"), (key.User, key.Organisation));
        Assert.Equal(["192.0.2.7", "10.0.0.0/8", "2001:db8::7", "2001:db8::/32", "0.0.0.0/0"], key.Addresses);
        Assert.Equal("7", key.Labels["cost-centre"]);
    }

    [Theory]
    [InlineData(TokenKeySamples.Rsa2048)]
    [InlineData(TokenKeySamples.Rsa2048Pkcs1)]
    [InlineData(TokenKeySamples.P256)]
    [InlineData("0123456789abcdef0123456789abcdef")]
    public void IssuerKey_OfAnyKindThatVerifies_IsTaken(string key) =>
        Assert.Equal([key], Documents.Good(Base + "auth: { jwt: [ { name: j, issuer: i, audience: a, keys: [\"${KEY}\"], models: [\"*\"] } ] }", ("KEY", key)).JwtIssuers[0].Keys);

    [Fact]
    public void Issuer_WithEverything_IsRead()
    {
        var issuers = Documents.Good(Base + """
            auth:
              jwt:
                - { name: a, issuer: "https://a.example.com/", audience: gateway, jwks_url: "http://127.0.0.1:8081/keys?p=1", internal: true, subject_claim: oid, team_claim: groups.team,
                    user_claim: email, roles_claim: realm_access.roles, models_claim: llm, required_roles: [user, admin], models: [gpt-4o, "x*"], providers: [openai], team: red }
                - { name: b, issuer: b, audience: [x, y], keys: ["${SECRET}", "${PEM}"], models: ["*"] }
            """, ("SECRET", "0123456789abcdef0123456789abcdef"), ("PEM", TokenKeySamples.Rsa2048)).JwtIssuers;

        var first = issuers[0];
        Assert.Equal(("a", "https://a.example.com/", "http://127.0.0.1:8081/keys?p=1", true, "oid"), (first.Name, first.Issuer, first.JwksUrl!.AbsoluteUri, first.Internal, first.SubjectClaim));
        Assert.Equal(("groups.team", "email", "realm_access.roles", "llm", "red"), (first.TeamClaim, first.UserClaim, first.RolesClaim, first.ModelsClaim, first.Team));
        Assert.Equal(["gateway"], first.Audiences);
        Assert.Equal(["user", "admin"], first.RequiredRoles);
        Assert.Equal(["gpt-4o", "x*"], first.Models);
        Assert.Equal(["openai"], first.Providers);
        Assert.Equal(["x", "y"], issuers[1].Audiences);
        Assert.Equal(["0123456789abcdef0123456789abcdef", TokenKeySamples.Rsa2048], issuers[1].Keys);
        Assert.Equal(("sub", null, false), (issuers[1].SubjectClaim, issuers[1].JwksUrl, issuers[1].Internal));
        Assert.Equal(["*"], issuers[1].Providers);
    }

    [Fact]
    public void ModelGroup_WithAnOutputCap_HasIt() =>
        Assert.Equal(2048, Documents.Good("version: 1\n" + Provider + "models: { m: { output_cap: 2048, deployments: [ { provider: openai, model: m } ] } }").Models["m"].OutputCap);

    [Theory]
    [InlineData("team: red", "red", "acme")]
    [InlineData("team: blue", "blue", "default")]
    [InlineData("team: unknown", "unknown", "default")]
    [InlineData("team: unknown, organisation: acme", "unknown", "acme")]
    [InlineData("organisation: acme", null, "acme")]
    [InlineData("user: alice", "red", "acme")]
    [InlineData("user: bob", null, "acme")]
    [InlineData("user: bob, team: red", "red", "acme")]
    [InlineData("user: unknown", null, "default")]
    [InlineData("user: unknown, organisation: acme, team: red", "red", "acme")]
    [InlineData("priority: batch", null, "default")]
    public void Key_OfAnyOwner_BelongsToATeamAndAnOrganisation(string members, string? team, string organisation)
    {
        var config = Documents.Good(Base + $$"""
            organisations: { acme: {} }
            teams: { red: { organisation: acme }, blue: {} }
            users: { alice: { team: red }, bob: { organisation: acme } }
            keys: [ { id: k, secret: s-secret, models: ["*"], {{members}} } ]
            """);

        Assert.Equal((team, organisation), (config.TeamOf(config.Keys[0]), config.OrganisationOf(config.Keys[0])));
    }

    private const string Provider = "providers: { openai: { protocol: openai, base_url: https://x.example.com } }\n";
    private const string Base = "version: 1\n" + Provider + "models: { gpt-4o: { deployments: [ { provider: openai, model: m } ] } }\naliases: { fast: gpt-4o }\n";

    private static ClientLimits Limits(string members) => Key($"limits: {{ {members} }}").Limits;

    private static VirtualKeyConfig Key(string members, string secret = "secret: s-secret,") =>
        Assert.Single(Documents.Good(Base + $"keys: [ {{ id: k, {secret} models: [\"*\"], {members.ReplaceLineEndings(" ")} }} ]").Keys);
}
