using System.Collections.Frozen;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Router.Tests.Attempts;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Router.Tests.Budgets;

/// <summary>Before a call that would cost more than what is held, the difference is asked for; without it the call is not made.</summary>
public sealed class CoverTests
{
    /// <summary>20 tokens of input and 5 of output at the first deployment; the second costs twice as much, the third three times.</summary>
    private const long Held = 90_000;

    private static readonly RequestDelegate Overloaded = Fleet.Says(503);

    [Fact]
    public async Task A_dearer_fallback_asks_for_the_difference_and_gives_it_back_behind_the_settlement()
    {
        var (fleet, store) = await StartAsync(Fleet.Groups([Fleet.To(1)]), Overloaded, Fleet.Serves(1));
        await using var _ = fleet;

        using var response = await fleet.Router.SendAsync(Requests.Plain, claims: Tickets.With(Ticket()));
        await Fleet.UntilAsync(() => store.Voids.Count == 1);

        Assert.Equal(200, (int)response.StatusCode);
        var asked = Assert.Single(store.Admissions);
        Assert.Equal((1, "acme", Held, Held), (asked.Part, asked.Organisation, asked.Bound.InputNanoUsd, asked.Bound.CautiousInputNanoUsd));
        Assert.Equal(
            [new BudgetCharge(Ticket().Budgets[0], 1, 5_000_000_000, true, null), new BudgetCharge(Ticket().Budgets[1], 25, 9_000_000_000, false, null)], asked.Budgets);
        var settlement = Assert.Single(store.Settlements);
        Assert.Equal((asked.RequestId, 0, 140_000L), (settlement.RequestId, settlement.Part, settlement.CostNanoUsd));
        Assert.Equal((asked.RequestId, 1, Held), (store.Voids[0].RequestId, store.Voids[0].Part, store.Voids[0].Ticket.HeldNanoUsd));
        Assert.Equal(["AdmissionRequest", "Settlement", "Hold"], store.Calls.Select(static call => call.GetType().Name));
        await fleet.Router.AssertNothingHeldAsync();
    }

    [Theory]
    [InlineData(AdmissionOutcome.Unaffordable)]
    [InlineData(AdmissionOutcome.Rebuilding)]
    [InlineData(AdmissionOutcome.Void)]
    [InlineData(null)]
    public async Task Without_the_difference_the_client_hears_of_the_failure_there_was(AdmissionOutcome? outcome)
    {
        var (fleet, store) = await StartAsync(Fleet.Groups([Fleet.To(1)]), Overloaded, Fleet.Serves(1));
        await using var _ = fleet;
        store.OnAdmit = Answers(outcome);

        using var response = await fleet.Router.SendAsync(Requests.Plain, claims: Tickets.With(Ticket()));

        Assert.Equal(503, (int)response.StatusCode);
        Assert.Contains("\"first\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(fleet.Seen(1));
        Assert.Equal("a/real-a", fleet.Final().Intent.Deployment);
        await fleet.AssertAllGivenBackAsync();
        await Fleet.UntilAsync(() => store.Settlements.Count == 1);

        // What was not answered may yet be held: it is forbidden.
        await Fleet.UntilAsync(() => store.Voids.Count == (outcome is null ? 1 : 0));
        await fleet.Router.AssertNothingHeldAsync();
    }

    [Theory]
    [InlineData(AdmissionOutcome.Unaffordable, 429, "budget_exceeded")]
    [InlineData(null, 503, "budget_unavailable")]
    public async Task Where_no_call_was_made_the_client_hears_of_the_money(AdmissionOutcome? outcome, int status, string code)
    {
        // The model's own deployment holds too little for the request; its fallback is too dear.
        var (fleet, store) = await StartAsync(
            config => First(Fleet.Groups([Fleet.To(1, FallbackTriggers.ContextLength)])(config), static deployment => deployment with { Context = 1 }),
            Fleet.Serves(0), Fleet.Serves(1));
        await using var _ = fleet;
        store.OnAdmit = Answers(outcome);

        using var response = await fleet.Router.SendAsync(Requests.Plain, claims: Tickets.With(Ticket()));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains($"\"{code}\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Equal(0, fleet.Calls);
        await Fleet.UntilAsync(() => store.Settlements.Count == 1);
        Assert.Equal(0, store.Settlements[0].CostNanoUsd);
    }

    [Fact]
    public async Task A_fallback_that_is_no_dearer_asks_for_nothing()
    {
        var (fleet, store) = await StartAsync(Fleet.Groups([Fleet.To(1)]), Overloaded, Fleet.Serves(1));
        await using var _ = fleet;

        using var response = await fleet.Router.SendAsync(Requests.Plain, claims: Tickets.With(Ticket() with { HeldNanoUsd = 2 * Held }));

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Empty(store.Admissions);
    }

    [Fact]
    public async Task What_an_earlier_call_is_charged_for_counts_before_the_next_one()
    {
        // A plain answer that breaks off is charged for its input: 16 tokens by their bytes.
        var (fleet, store) = await StartAsync(
            Fleet.Group(static group => group with { Deployments = [Fleet.DeploymentOf(0), Fleet.DeploymentOf(0) with { Provider = "b", Order = 2 }] }), Breaks, Fleet.Serves(1));
        await using var _ = fleet;

        using var response = await fleet.Router.SendAsync(Requests.Plain, claims: Tickets.With(Ticket()));

        Assert.Equal(200, (int)response.StatusCode);
        var final = fleet.Final();
        Assert.True(final.AttemptRecords[0].CostNanoUsd > 0);
        Assert.Equal(final.AttemptRecords[0].CostNanoUsd, Assert.Single(store.Admissions).Bound.InputNanoUsd);
    }

    [Fact]
    public async Task A_second_extra_part_has_a_number_of_its_own_and_asks_for_what_the_first_does_not_cover()
    {
        var (fleet, store) = await StartAsync(Fleet.Groups([Fleet.To(1), Fleet.To(2)], [], []), Overloaded, Overloaded, Fleet.Serves(2));
        await using var _ = fleet;

        using var response = await fleet.Router.SendAsync(Requests.Plain, claims: Tickets.With(Ticket() with { Part = 1 }));
        await Fleet.UntilAsync(() => store.Voids.Count == 2);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal([(2, Held), (3, Held)], store.Admissions.Select(static asked => (asked.Part, asked.Bound.InputNanoUsd)));
        Assert.Equal(1, Assert.Single(store.Settlements).Part);
        Assert.Equal([2, 3], store.Voids.Select(static given => given.Part));
    }

    [Fact]
    public async Task A_soft_budget_asks_for_nothing()
    {
        var (fleet, store) = await StartAsync(Fleet.Groups([Fleet.To(1)]), Overloaded, Fleet.Serves(1));
        await using var _ = fleet;

        using var response = await fleet.Router.SendAsync(Requests.Plain, claims: Tickets.With(Ticket() with { IsHard = false }));

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Empty(store.Admissions);
    }

    [Fact]
    public async Task A_deployment_without_a_price_serves_no_hard_budget()
    {
        var (fleet, store) = await StartAsync(
            Fleet.Group(static group => group with { Deployments = [Fleet.DeploymentOf(0) with { Price = null }, Fleet.DeploymentOf(1) with { Order = 2 }] }), Fleet.Serves(0), Fleet.Serves(1));
        await using var _ = fleet;

        using var hard = await fleet.Router.SendAsync(Requests.Plain, claims: Tickets.With(Ticket()));
        using var soft = await fleet.Router.SendAsync(Requests.Plain, claims: Tickets.With(Ticket() with { IsHard = false }));
        using var none = await fleet.Router.SendAsync(Requests.Plain);

        Assert.Equal(["b/real-b", "a/real-a", "a/real-a"], new[] { hard, soft, none }.Select(static response => Fleet.One(response, "x-gateway-deployment")));
    }

    [Theory]
    [InlineData(FallbackTriggers.Budget, 200)]
    [InlineData(FallbackTriggers.Error | FallbackTriggers.ContextLength | FallbackTriggers.ContentPolicy, 400)]
    public async Task A_fallback_for_budgets_stands_in_for_a_model_without_a_price(FallbackTriggers on, int status)
    {
        var (fleet, _) = await StartAsync(
            config => Unpriced(Fleet.Groups([Fleet.To(1, on)])(config)), Fleet.Serves(0), Fleet.Serves(1));
        await using var running = fleet;

        using var response = await fleet.Router.SendAsync(Requests.Plain, claims: Tickets.With(Ticket() with { HeldNanoUsd = 2 * Held }));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 400, (await response.Content.ReadAsStringAsync()).Contains("\"model_not_priced\"", StringComparison.Ordinal));
        Assert.Empty(fleet.Seen(0));
    }

    [Fact]
    public async Task A_fallback_for_budgets_stands_in_for_a_dearer_place()
    {
        // The first fails, its error fallback is too dear, and a cheaper one is named for that.
        var (fleet, store) = await StartAsync(Fleet.Groups([Fleet.To(2), Fleet.To(1, FallbackTriggers.Budget)]), Overloaded, Fleet.Serves(1), Fleet.Serves(2));
        await using var _ = fleet;
        store.OnAdmit = Answers(AdmissionOutcome.Unaffordable);

        using var response = await fleet.Router.SendAsync(Requests.Plain, claims: Tickets.With(Ticket() with { HeldNanoUsd = 2 * Held }));

        Assert.Equal("b/real-b", Fleet.One(response, "x-gateway-deployment"));
        Assert.Empty(fleet.Seen(2));
    }

    [Fact]
    public async Task A_request_that_wants_no_other_place_gets_none()
    {
        var (fleet, store) = await StartAsync(static config => config, Fleet.Serves(0), Fleet.Serves(1));
        await using var _ = fleet;
        store.OnAdmit = Answers(AdmissionOutcome.Unaffordable);

        using var response = await fleet.Router.SendAsync(
            Requests.Plain.Replace("\"messages\"", "\"provider\":{\"allow_fallbacks\":false},\"messages\"", StringComparison.Ordinal), claims: Tickets.With(Ticket() with { HeldNanoUsd = 1 }));

        Assert.Equal(429, (int)response.StatusCode);
        Assert.Equal(0, fleet.Calls);
        await fleet.AssertAllGivenBackAsync();
    }

    private static readonly RequestDelegate Breaks = static async context =>
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = 1000;
        await context.Response.Body.WriteAsync("{"u8.ToArray());
        await context.Response.Body.FlushAsync();
        context.Abort();
    };

    private static AdmissionTicket Ticket() => Tickets.Hard(Held, cap: 5);

    private static Task<(Fleet Fleet, FakeStore Store)> StartAsync(Func<GatewayConfig, GatewayConfig> change, params RequestDelegate[] answers) => Tickets.StartAsync(change, answers);

    private static Func<AdmissionRequest, AdmissionAnswer?> Answers(AdmissionOutcome? outcome) =>
        _ => outcome is { } known ? new AdmissionAnswer { Outcome = known, RetryAfter = TimeSpan.FromSeconds(90) } : null;

    private static GatewayConfig Unpriced(GatewayConfig config) => First(config, static deployment => deployment with { Price = null });

    /// <summary>Changes the deployment of the model that is asked for.</summary>
    private static GatewayConfig First(GatewayConfig config, Func<DeploymentConfig, DeploymentConfig> change) => config with
    {
        Models = config.Models.Values.Select(group => group.Name == "gpt-test" ? group with { Deployments = [change(group.Deployments[0])] } : group).ToFrozenDictionary(static group => group.Name),
    };
}
