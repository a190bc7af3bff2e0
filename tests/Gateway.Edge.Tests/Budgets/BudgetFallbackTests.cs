using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Budgets;

/// <summary>A budget that does not suffice for the model that was asked for, and names a cheaper one.</summary>
public sealed class BudgetFallbackTests : IAsyncLifetime
{
    // What mini costs at most, and gpt-4o does not.
    private const long Enough = 1_000_000;

    private BudgetedEdge _rig = null!;

    public async Task InitializeAsync()
    {
        _rig = await BudgetedEdge.StartAsync();
        _rig.Admission.Answer = FakeAdmission.Budget("key:", Enough);
    }

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task CheaperModel_Answers_AndIsNamed()
    {
        using var response = await _rig.PostAsync(key: "gw-falling-key");
        var claims = await _rig.ClaimsAsync();
        var asked = _rig.Admission.Asked.ToArray();

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("budget: answered by mini", BudgetedEdge.Header(response, "x-gateway-warning"));
        Assert.Equal(("gpt-4o", "mini"), (claims.RequestedModel, claims.RouteModel));

        // Another request to the shared state, since the first was denied for good: the client knows the second.
        Assert.Equal(2, asked.Length);
        Assert.NotEqual(asked[0].RequestId, asked[1].RequestId);
        Assert.Equal(asked[1].RequestId, claims.RequestId);
        Assert.Equal(asked[1].RequestId.ToString(), BudgetedEdge.Header(response, "x-gateway-request-id"));
        Assert.Equal(1000, claims.Ticket!.OutputCap);
        Assert.Equal(400, asked[1].Bound.NanoUsdPerOutputToken);
    }

    [Fact]
    public async Task WarningsOfTheRouter_AreKeptBeside()
    {
        _rig.Router.Answer = static context =>
        {
            context.Response.Headers["x-gateway-warning"] = "dropped: seed";
            return Task.CompletedTask;
        };
        using var response = await _rig.PostAsync(key: "gw-falling-key");
        Assert.Equal(["budget: answered by mini", "dropped: seed"], response.Headers.GetValues("x-gateway-warning"));
    }

    [Fact]
    public async Task ModelThatTheKeyMayNotUse_DoesNotAnswer()
    {
        using var response = await _rig.PostAsync(key: "gw-narrow-key");

        await EdgeServer.AssertErrorAsync(response, 429, "budget_exceeded");
        Assert.Single(_rig.Admission.Asked);
        Assert.Equal(0, _rig.Router.Waiting);
    }

    [Fact]
    public async Task CheaperModelIsTooDear_TheFirstRefusalIsTold()
    {
        _rig.Admission.Answer = FakeAdmission.Budget("key:");
        using var response = await _rig.PostAsync(key: "gw-falling-key");

        var message = await EdgeServer.AssertErrorAsync(response, 429, "budget_exceeded");
        Assert.StartsWith("Your API key may spend 5 USD a day", message, StringComparison.Ordinal);
        Assert.Equal(_rig.Admission.Asked.First().RequestId.ToString(), BudgetedEdge.Header(response, "x-gateway-request-id"));
        Assert.False(response.Headers.Contains("x-gateway-warning"));
        Assert.Empty(_rig.Admission.Voided);
    }

    [Fact]
    public async Task CheaperModelItself_HasNoOther()
    {
        _rig.Admission.Answer = FakeAdmission.Budget("key:");
        using var response = await _rig.PostAsync("""{"model":"mini","messages":[{}]}""", "gw-falling-key");

        Assert.Equal(429, (int)response.StatusCode);
        Assert.Single(_rig.Admission.Asked);
    }

    [Fact]
    public async Task WhatTheCheaperModelHolds_IsGivenBack_WhenNoRouterTakesIt()
    {
        _rig.Router.Answer = static context =>
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        };
        using var response = await _rig.PostAsync(key: "gw-falling-key");

        Assert.Equal(_rig.Admission.Asked.Last().RequestId, FakeAdmission.Next(_rig.Admission.Voided).RequestId);
        Assert.Empty(_rig.Admission.Voided);
    }

    [Fact]
    public async Task OllamaNames_StayTheClients()
    {
        using var response = await _rig.PostAsync("""{"model":"gpt-4o:latest","stream":false,"messages":[{}]}""", "gw-falling-key", "/api/chat");

        var claims = await _rig.ClaimsAsync();
        Assert.Equal(("gpt-4o", "mini"), (claims.RequestedModel, claims.RouteModel));
    }
}
