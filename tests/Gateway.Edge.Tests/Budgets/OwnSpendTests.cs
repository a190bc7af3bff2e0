using System.Text.Json;
using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;
using Microsoft.AspNetCore.Http;

namespace Gateway.Edge.Tests.Budgets;

/// <summary>What callers hear of the money that their own key spent.</summary>
public sealed class OwnSpendTests : IAsyncLifetime
{
    private const string Spend = """{"days":[{"day":"2026-11-21","requests":2,"cost_usd":"0.5"}],"total":{"requests":2,"cost_usd":"0.5"}}""";

    private readonly ManualTime _time = new();
    private FakeService _usage = null!;
    private EdgeServer _edge = null!;

    public async Task InitializeAsync()
    {
        _usage = await FakeService.StartAsync();
        _usage.Answer = static context => context.Response.WriteAsync(Spend);
        _edge = await EdgeServer.StartAsync([_usage.Url], new() { ["Services:usage:http:0"] = _usage.Url.ToString() }, time: _time);
    }

    public async Task DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _usage.DisposeAsync();
    }

    [Theory]
    [InlineData("", 30)]
    [InlineData("?days=7", 7)]
    [InlineData("?days=7&id=narrow", 7)]
    public async Task Spend_is_of_the_callers_own_key_whatever_it_asks_for(string query, int days)
    {
        using var client = _edge.Client();
        using var response = await client.GetAsync("/v1/usage/me" + query);
        using var me = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var seen = await _usage.NextAsync();

        Assert.Equal(Spend, me.RootElement.GetProperty("spend").GetRawText());
        Assert.Equal($"/internal/usage/spend?days={days}", seen.Target);
        var claims = EdgeServer.Tokens(_time).Verify(seen.Headers["x-gateway-context"], ContextAudience.Usage, "/internal/usage/spend");
        Assert.Equal((ContextRole.Client, "full"), (claims!.Role, claims.KeyId));
        Assert.DoesNotContain(seen.Headers, static pair => pair.Value.Contains(EdgeServer.Key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Spend_of_each_key_is_its_own_and_is_asked_for_at_most_every_ten_seconds()
    {
        await AskAsync(EdgeServer.Key);
        await AskAsync(EdgeServer.Key);
        Assert.Equal(1, _usage.Waiting);
        await AskAsync("gw-narrow-key");
        Assert.Equal(2, _usage.Waiting);

        _time.Advance(TimeSpan.FromSeconds(10));
        await AskAsync(EdgeServer.Key);
        Assert.Equal(3, _usage.Waiting);
    }

    [Fact]
    public async Task Nobody_is_asked_for_no_days()
    {
        var me = await AskAsync(EdgeServer.Key, "?days=0");

        Assert.False(me.TryGetProperty("spend", out _));
        Assert.Equal(0, _usage.Waiting);
    }

    [Theory]
    [InlineData("?days=91")]
    [InlineData("?days=-1")]
    [InlineData("?days=many")]
    [InlineData("?days=1&days=2")]
    public async Task Days_that_are_no_number_in_range_are_refused(string query)
    {
        using var client = _edge.Client();
        using var response = await client.GetAsync("/v1/usage/me" + query);

        Assert.Contains("from 0 to 90", await EdgeServer.AssertErrorAsync(response, 400, "invalid_request", "days"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(503, Spend)]
    [InlineData(200, "no json")]
    [InlineData(200, "[]")]
    public async Task Usage_that_does_not_answer_costs_only_the_spend(int status, string answer)
    {
        _usage.Answer = context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(answer);
        };
        var me = await AskAsync(EdgeServer.Key);

        Assert.Equal(("full", JsonValueKind.Null), (me.GetProperty("key").GetString(), me.GetProperty("spend").ValueKind));
    }

    private async Task<JsonElement> AskAsync(string secret, string query = "")
    {
        using var client = _edge.Client(secret);
        using var response = await client.GetAsync("/v1/usage/me" + query);
        Assert.Equal(200, (int)response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }
}
