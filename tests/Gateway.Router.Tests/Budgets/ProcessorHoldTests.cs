using System.Collections.Frozen;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Router.Tests.Attempts;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Budgets;

/// <summary>What a processor costs is the client's to pay: held before it is asked, under an id of its own, and settled with its own record.</summary>
public sealed class ProcessorHoldTests : IAsyncLifetime
{
    private readonly FakeStore _store = new();
    private UpstreamServer _upstream = null!;
    private UpstreamServer _processors = null!;

    public async Task InitializeAsync()
    {
        _upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        _processors = await UpstreamServer.StartJsonAsync(Requests.Answer);
    }

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        await _processors.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_processor_holds_and_settles_by_its_own_record(bool isHard)
    {
        await using var router = await StartAsync(TestConfig.Price);
        var ticket = Tickets.Hard() with { IsHard = isHard };

        using var response = await router.SendAsync(Requests.Plain, claims: claims => Tickets.With(ticket)(claims) with { Processors = ["enhance"] });
        await Fleet.UntilAsync(() => _store.Settlements.Count == 2);

        Assert.Equal(200, (int)response.StatusCode);
        var asked = Assert.Single(_store.Admissions);
        Assert.Equal((0, 10_000L, 77L, 77L), (asked.Part, asked.Bound.NanoUsdPerOutputToken, asked.Bound.OutputCap, asked.Bound.LeastOutputCap));
        Assert.Equal(_processors.Seen[0].Body.Length - "small-model".Length + "small".Length, asked.Bound.InputNanoUsd / 2_000);
        var finals = router.Journal.Finals.ToDictionary(static final => final.Intent.RequestId);
        Assert.Equal("small", finals[asked.RequestId].Intent.RequestedModel);
        Assert.All(_store.Settlements, settlement => Assert.Equal((finals[settlement.RequestId].CostNanoUsd, 0), (settlement.CostNanoUsd, settlement.Part)));
        Assert.All(finals.Values, final => Assert.Equal(("alice", "acme", 2), (final.Intent.Owner, final.Intent.Organisation, final.Intent.Budgets.Count)));
        Assert.Equal(2, finals.Count);
        await router.AssertNothingHeldAsync();
    }

    [Fact]
    public async Task A_text_that_became_longer_is_held_for_before_it_is_sent()
    {
        await using var longer = await UpstreamServer.StartJsonAsync(Requests.Answer.Replace("\"hello\"", $"\"{new string('x', 500)}\"", StringComparison.Ordinal));
        await using var router = await StartAsync(TestConfig.Price, longer.Url);

        using var response = await router.SendAsync(Requests.Plain, claims: static claims => Tickets.With(Tickets.Hard(held: 90_000, cap: 5))(claims) with { Processors = ["enhance"] });

        // "hi" became 500 bytes: so many tokens more at most.
        Assert.Equal((1, 498 * 2_000L), (_store.Admissions[^1].Part, _store.Admissions[^1].Bound.InputNanoUsd));
        Assert.Equal(200, (int)response.StatusCode);
        await router.AssertNothingHeldAsync();
    }

    [Theory]
    [InlineData(true, AdmissionOutcome.Unaffordable, 429, "budget_exceeded")]
    [InlineData(true, null, 503, "budget_unavailable")]
    [InlineData(false, null, 200, "hello")]
    public async Task Without_its_money_it_is_not_asked_for_a_hard_budget(bool isHard, AdmissionOutcome? outcome, int status, string text)
    {
        await using var router = await StartAsync(TestConfig.Price);
        _store.OnAdmit = _ => outcome is { } known ? new AdmissionAnswer { Outcome = known } : null;

        using var response = await router.SendAsync(Requests.Plain, claims: claims => Tickets.With(Tickets.Hard() with { IsHard = isHard })(claims) with { Processors = ["enhance"] });

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains(text, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(isHard ? 0 : 1, _processors.Seen.Count);
        await Fleet.UntilAsync(() => _store.Settlements.Count == (isHard ? 1 : 2));
        Assert.Equal(isHard ? 0 : 140_000, _store.Settlements.Sum(static settlement => settlement.CostNanoUsd));
        await router.AssertNothingHeldAsync();
    }

    [Fact]
    public async Task A_processor_without_a_price_is_not_asked_for_a_hard_budget()
    {
        await using var router = await StartAsync(price: null);

        using var response = await router.SendAsync(Requests.Plain, claims: static claims => Tickets.With(Tickets.Hard())(claims) with { Processors = ["enhance"] });

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains("model_not_priced", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(_store.Admissions);
        Assert.Empty(_processors.Seen);
    }

    [Fact]
    public async Task Without_budgets_nothing_is_asked()
    {
        await using var router = await StartAsync(TestConfig.Price);

        using var response = await router.SendAsync(
            Requests.Plain, claims: static claims => Tickets.With(new AdmissionTicket { Organisation = "acme", Places = ["key:demo|concurrency"] })(claims) with { Processors = ["enhance"] });
        await Fleet.UntilAsync(() => _store.Settlements.Count == 1);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Empty(_store.Admissions);
    }

    private Task<RouterHost> StartAsync(TokenPrice? price, string? processors = null)
    {
        var config = TestConfig.For(TestConfig.Provider(_upstream.Url), TestConfig.Provider(processors ?? _processors.Url, "tools"));
        return RouterHost.StartAsync(config with
        {
            Models = config.Models.Values
                .Append(new ModelGroupConfig { Name = "small", Deployments = [new DeploymentConfig { Provider = "tools", Model = "small-model", Price = price }] }).ToFrozenDictionary(static group => group.Name),
            Processors = new[] { new ProcessorConfig { Name = "enhance", Model = "small", System = "Be precise.", MaxTokens = 77 } }.ToFrozenDictionary(static processor => processor.Name),
        }, Tickets.Use(_store));
    }
}
