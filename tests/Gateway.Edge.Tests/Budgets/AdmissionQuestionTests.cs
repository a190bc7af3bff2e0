using Gateway.Core.Admission.Shared;
using Gateway.Edge.Tests.Rig;
using Microsoft.AspNetCore.Http;

namespace Gateway.Edge.Tests.Budgets;

/// <summary>What is asked for a request, and what the Router is told of the answer.</summary>
public sealed class AdmissionQuestionTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private BudgetedEdge _rig = null!;

    public async Task InitializeAsync() => _rig = await BudgetedEdge.StartAsync(_time);

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task AllOwners_AreAskedInOneQuestion()
    {
        using var response = await _rig.PostAsync();

        Assert.Equal(200, (int)response.StatusCode);
        var asked = Assert.Single(_rig.Admission.Asked);
        Assert.Equal("acme", asked.Organisation);
        Assert.Equal(
            ["key:full|requests/60", "key:full|requests/60:gpt-4*", "user:alice|requests/3600", "team:research|tokens/60", "org:acme|concurrency"], asked.Limits.Select(static rule => rule.Id));
        Assert.Equal(
            ["key:full|day:2026-11-21@UTC", "team:research|week:2026-11-16@UTC", "org:acme|month:2026-11-01@UTC"], asked.Budgets.Select(static charge => charge.Booking.Id));
        Assert.Equal([true, false, true], asked.Budgets.Select(static charge => charge.Hard));
    }

    [Theory]
    [InlineData("mini", false)]
    [InlineData("best", true)]
    [InlineData("openai/gpt-4o", true)]
    public async Task LimitOfAModel_HoldsWhateverWayItIsAskedFor(string model, bool holds)
    {
        using var response = await _rig.PostAsync($$"""{"model":"{{model}}","messages":[{}]}""");

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(holds, Assert.Single(_rig.Admission.Asked).Limits.Any(static rule => rule.Name.EndsWith(":gpt-4*", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Ticket_TellsTheRouterWhatIsHeld()
    {
        using var response = await _rig.PostAsync();
        var claims = await _rig.ClaimsAsync(_time);
        var asked = Assert.Single(_rig.Admission.Asked);
        var answer = FakeAdmission.Admit(asked);

        Assert.Equal((asked.RequestId, "alice"), (claims.RequestId, claims.Owner));
        Assert.NotNull(claims.Ticket);
        Assert.Equal(("acme", true, answer.HeldNanoUsd, answer.OutputCap), (claims.Ticket.Organisation, claims.Ticket.IsHard, claims.Ticket.HeldNanoUsd, claims.Ticket.OutputCap));
        Assert.Equal(asked.Budgets.Select(static charge => charge.Booking), claims.Ticket.Budgets);
        Assert.Equal(asked.Budgets.Select(static charge => new BudgetTerms(charge.Slots, charge.LimitNanoUsd, charge.Hard)), claims.Ticket.Terms);
        Assert.Equal(["org:acme|concurrency"], claims.Ticket.Places);
        Assert.Equal([new TokenRate("team:research|tokens/60", 60_000, TimeSpan.FromMinutes(1))], claims.Ticket.TokenRates);
        Assert.Equal(asked.Tokens, claims.Ticket.ReservedTokens);
        Assert.True(claims.Ticket.InputTokens >= EdgeServer.ChatBody.Length);
    }

    [Fact]
    public async Task Bound_HasTheDearestPrices_AndTheCapOfTheModel()
    {
        const string Body = """{"model":"gpt-4o","n":3,"messages":[{"role":"user","content":"hi"}]}""";
        using var response = await _rig.PostAsync(Body);

        var bound = Assert.Single(_rig.Admission.Asked).Bound;
        Assert.Equal((3 * 10_000, 8_000, 16), (bound.NanoUsdPerOutputToken, bound.OutputCap, bound.LeastOutputCap));

        // Every byte, and 64 for the frame, at 4 USD: writing a cache is the dearest input.
        Assert.Equal((Body.Length + 64) * 4_000, bound.CautiousInputNanoUsd);

        // Four bytes a token, and 15 % more.
        Assert.Equal((20 + 64) * 4_000, bound.InputNanoUsd);
    }

    [Fact]
    public async Task ClientsCap_IsTheBound()
    {
        using var response = await _rig.PostAsync("""{"model":"gpt-4o","max_tokens":100,"messages":[{}]}""");

        var bound = Assert.Single(_rig.Admission.Asked).Bound;
        Assert.Equal((100, 100), (bound.OutputCap, bound.LeastOutputCap));
    }

    [Fact]
    public async Task PlainRate_StaysWithItsLease_AndNoLimitIsNotAskedAbout()
    {
        using var plain = await _rig.PostAsync(key: "gw-plain-key");
        using var free = await _rig.PostAsync(key: "gw-free-key");

        Assert.Equal((200, 200), ((int)plain.StatusCode, (int)free.StatusCode));
        Assert.Empty(_rig.Admission.Asked);
        Assert.Equal("12", BudgetedEdge.Header(plain, "x-ratelimit-limit-requests"));
        Assert.Null((await _rig.ClaimsAsync(_time)).Ticket);
        Assert.Null((await _rig.ClaimsAsync(_time)).Ticket);
    }

    [Theory]
    [InlineData("""{"model":"nothing","messages":[{}]}""", "gw-test-key", 404)]
    [InlineData("""{"model":"gpt-4o","models":["nothing"],"messages":[{}]}""", "gw-test-key", 404)]
    [InlineData("""{"model":"mini","messages":[{}]}""", "gw-narrow-key", 403)]
    [InlineData("""{"model":"unpriced","messages":[{}]}""", "gw-test-key", 400)]
    public async Task RefusedModel_CountsAsARequest_AndReservesNothing(string body, string key, int status)
    {
        using var response = await _rig.PostAsync(body, key);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.All(_rig.Admission.Asked, static asked =>
        {
            Assert.All(asked.Limits, static rule => Assert.Equal(LimitUnit.Requests, rule.Unit));
            Assert.Empty(asked.Budgets);
            Assert.Equal((0, default), (asked.Tokens, asked.Bound));
        });
        Assert.Equal(key == EdgeServer.Key ? 1 : 0, _rig.Admission.Asked.Count);
        Assert.Equal(0, _rig.Router.Waiting);
        Assert.Empty(_rig.Admission.Voided);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"model":"gpt-4o"}""")]
    [InlineData("""{"model":"gpt-4o","messages":[{}],"max_tokens":-1}""")]
    [InlineData("""{"model":"gpt-4o","messages":[{}],"max_tokens":1e99}""")]
    [InlineData("""{"model":"gpt-4o","messages":[{}],"max_tokens":1.5}""")]
    [InlineData("""{"model":"gpt-4o","messages":[{}],"max_tokens":5,"max_tokens":6}""")]
    [InlineData("""{"model":"gpt-4o","messages":[{}],"Max_Tokens":5}""")]
    [InlineData("""{"model":"gpt-4o","messages":[{}],"n":0}""")]
    [InlineData("""{"model":"gpt-4o","messages":[{}],"user":7}""")]
    public async Task BadBody_IsNotAskedAbout(string body)
    {
        using var response = await _rig.PostAsync(body);

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Empty(_rig.Admission.Asked);
    }

    [Fact]
    public async Task UnpricedModel_IsServed_WhereNoBudgetIsHard()
    {
        const string Unpriced = """{"model":"unpriced","messages":[{}]}""";
        using var soft = await _rig.PostAsync(Unpriced, "gw-soft-key");
        using var hard = await _rig.PostAsync(Unpriced);

        Assert.Equal(200, (int)soft.StatusCode);
        var ticket = (await _rig.ClaimsAsync(_time)).Ticket;
        Assert.Equal((false, 0, -1), (ticket!.IsHard, ticket.HeldNanoUsd, ticket.OutputCap));
        await EdgeServer.AssertErrorAsync(hard, 400, "model_not_priced", "model");
    }

    [Fact]
    public async Task CountingTokens_CostsNothing()
    {
        using var response = await _rig.PostAsync("""{"model":"gpt-4o","messages":[{}]}""", path: "/v1/messages/count_tokens");

        Assert.Equal(200, (int)response.StatusCode);
        var asked = Assert.Single(_rig.Admission.Asked);
        Assert.Empty(asked.Budgets);
        Assert.DoesNotContain(asked.Limits, static rule => rule.Unit == LimitUnit.Tokens);
        Assert.Contains(asked.Limits, static rule => rule.Unit == LimitUnit.Concurrency);
    }

    [Fact]
    public async Task Embeddings_HaveNoOutput()
    {
        using var response = await _rig.PostAsync("""{"model":"gpt-4o","input":"x"}""", path: "/v1/embeddings");

        var bound = Assert.Single(_rig.Admission.Asked).Bound;
        Assert.Equal((0, 0), (bound.OutputCap, bound.LeastOutputCap));
        Assert.Equal(-1, (await _rig.ClaimsAsync(_time)).Ticket!.OutputCap);
    }

    [Fact]
    public async Task Session_IsADigest_OfTheHeaderOrTheUser()
    {
        (await _rig.PostAsync(key: "gw-talks-key", headers: ("x-session-id", "my-secret-talk"))).Dispose();
        (await _rig.PostAsync("""{"model":"mini","messages":[{}],"user":"my-secret-talk"}""", "gw-talks-key")).Dispose();
        (await _rig.PostAsync(key: "gw-talks-key", headers: ("x-session-id", "another"))).Dispose();
        (await _rig.PostAsync(key: "gw-talks-key")).Dispose();

        var sessions = _rig.Admission.Asked.Select(static asked => asked.Session).ToArray();
        Assert.Equal(sessions[0], sessions[1]);
        Assert.Equal(3, sessions.Distinct().Count());
        Assert.All(sessions, static session => Assert.Matches("^[0-9a-f]{24}$", session));
    }

    [Fact]
    public async Task TokensOfAnswers_AreLearned_AndStayInside()
    {
        _rig.Router.Answer = static context =>
        {
            context.Response.Headers["x-gateway-tokens"] = "20/4000";
            return context.Response.WriteAsync("{}");
        };
        using var first = await _rig.PostAsync(key: "gw-tokens-key");
        using var second = await _rig.PostAsync(key: "gw-tokens-key");

        Assert.False(first.Headers.Contains("x-gateway-tokens"));
        var tokens = _rig.Admission.Asked.Select(static asked => asked.Tokens).ToArray();

        // 62 bytes: 16 tokens at four bytes, then 20 as reported. 500 answer tokens where nothing is known.
        Assert.Equal([16 + 500, 20 + 4000], tokens);
    }

    [Fact]
    public async Task OrganisationsBudget_OfAnotherWindow_IsBookedThere_WhenTheDayIsOver()
    {
        (await _rig.PostAsync()).Dispose();
        _time.Advance(TimeSpan.FromHours(12));
        (await _rig.PostAsync()).Dispose();

        var slots = _rig.Admission.Asked.Select(static asked => asked.Budgets[0].Booking.Id).ToArray();
        Assert.Equal(["key:full|day:2026-11-21@UTC", "key:full|day:2026-11-22@UTC"], slots);
    }
}
