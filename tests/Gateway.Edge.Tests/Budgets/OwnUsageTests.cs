using System.Text.Json;
using Gateway.Core.Admission.Shared;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Budgets;

/// <summary>What callers can ask about themselves, and operators about a request.</summary>
public sealed class OwnUsageTests : IAsyncLifetime
{
    private const string Path = "/v1/usage/me";

    private readonly ManualTime _time = new();
    private BudgetedEdge _rig = null!;

    public async Task InitializeAsync() => _rig = await BudgetedEdge.StartAsync(_time);

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task Me_IsToldWhatIsLeft()
    {
        var me = await AskAsync(EdgeServer.Key);

        Assert.Equal(("full", "research", "alice", "acme"), (Text(me, "key"), Text(me, "team"), Text(me, "user"), Text(me, "organisation")));
        Assert.Equal(JsonValueKind.Null, me.GetProperty("expires").ValueKind);
        Assert.Equal("*", me.GetProperty("models")[0].GetString());
        Assert.False(me.GetProperty("degraded").GetBoolean());

        var limits = me.GetProperty("limits").EnumerateArray().ToArray();
        Assert.Equal(["requests/60", "requests/60:gpt-4*", "requests/3600", "tokens/60", "concurrency"], limits.Select(static limit => Text(limit, "name")));
        Assert.Equal(
            """{"scope":"team","owner":"research","name":"tokens/60","unit":"tokens","models":null,"limit":60000,"window_seconds":60,"burst":10000,"remaining":9999,"reset_seconds":5,"shadow":false}""",
            limits[3].GetRawText());
        Assert.Equal("gpt-4*", Text(limits[1], "models"));

        var budgets = me.GetProperty("budgets").EnumerateArray().ToArray();
        Assert.Equal(
            """{"scope":"key","owner":"full","window":"day","window_seconds":null,"mode":"hard","limit_usd":"5","spent_usd":"1.5","held_usd":"0","remaining_usd":"3.5","resets_at":"2026-11-22T00:00:00Z"}""",
            budgets[0].GetRawText());
        Assert.Equal(("soft", "week"), (Text(budgets[1], "mode"), Text(budgets[1], "window")));
        Assert.Empty(_rig.Admission.Asked);
        Assert.Equal(0, _rig.Router.Waiting);
    }

    [Theory]
    [InlineData("x-api-key")]
    [InlineData("x-goog-api-key")]
    [InlineData("api-key")]
    public async Task Credential_OfEveryProtocol_IsTaken(string header)
    {
        using var client = _rig.Edge.Client(key: null);
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        request.Headers.Add(header, "gw-free-key");
        using var response = await client.SendAsync(request);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("free", Text(await BudgetedEdge.JsonAsync(response), "key"));
    }

    [Theory]
    [InlineData(null, "missing_api_key")]
    [InlineData("gw-wrong-key", "invalid_api_key")]
    public async Task NobodysKey_Is401(string? key, string code)
    {
        using var client = _rig.Edge.Client(key);
        using var response = await client.GetAsync(Path);
        await EdgeServer.AssertErrorAsync(response, 401, code);
    }

    [Fact]
    public async Task PlainRate_IsReportedWithoutBeingUsed()
    {
        var before = (await AskAsync("gw-plain-key")).GetProperty("limits")[0];
        (await _rig.PostAsync(key: "gw-plain-key")).Dispose();
        var after = (await AskAsync("gw-plain-key")).GetProperty("limits")[0];

        Assert.Equal((2, 0m), (before.GetProperty("remaining").GetInt64(), before.GetProperty("reset_seconds").GetDecimal()));
        Assert.Equal((1, 5m), (after.GetProperty("remaining").GetInt64(), after.GetProperty("reset_seconds").GetDecimal()));
        Assert.Empty(_rig.Admission.Peeked);
    }

    [Fact]
    public async Task WhoIsOut_CanStillAsk_AndHearsWhatIsNotKnown()
    {
        _rig.Admission.Answer = static request => new AdmissionAnswer { Outcome = AdmissionOutcome.Rebuilding, Degraded = true };
        using var client = _rig.Edge.Client();
        using var response = await client.GetAsync(Path);
        var me = await BudgetedEdge.JsonAsync(response);

        Assert.Equal((200, "redis", true), ((int)response.StatusCode, BudgetedEdge.Header(response, "x-gateway-degraded"), me.GetProperty("degraded").GetBoolean()));
        Assert.Equal(JsonValueKind.Null, me.GetProperty("budgets")[0].GetProperty("spent_usd").ValueKind);
        Assert.Equal("5", Text(me.GetProperty("budgets")[0], "limit_usd"));
    }

    [Fact]
    public async Task Explain_TellsTheKeysLimitsAndBudgets_AndWhatWouldRefuse()
    {
        _rig.Admission.Answer = FakeAdmission.Budget("key:full");
        using var client = _rig.Edge.Client("gw-test-admin-key");
        using var body = EdgeServer.Json($$"""{"key":"full","request":{{EdgeServer.ChatBody}}}""");
        using var response = await client.PostAsync("/admin/v1/explain", body);
        var answer = await BudgetedEdge.JsonAsync(response);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(("refused", "budget_exceeded"), (Text(answer, "decision"), Text(answer.GetProperty("error"), "code")));
        Assert.Equal(5, answer.GetProperty("edge").GetProperty("limits").GetArrayLength());
        Assert.Equal(3, answer.GetProperty("edge").GetProperty("budgets").GetArrayLength());
        Assert.Empty(_rig.Admission.Asked);
    }

    private async Task<JsonElement> AskAsync(string key)
    {
        using var client = _rig.Edge.Client(key);
        using var response = await client.GetAsync(Path);
        Assert.True(200 == (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        return await BudgetedEdge.JsonAsync(response);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
