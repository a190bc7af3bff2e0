using System.Net;
using System.Text.Json;
using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;
using Microsoft.AspNetCore.Http;

namespace Gateway.Edge.Tests.Admin;

public sealed class DeploymentsTests
{
    private const string Path = "/admin/v1/deployments";

    private const string One = """
        {"router":"one","routers_alive":2,"deployments":[
          {"id":"openai/gpt-4o","provider":"openai","models":[{"model":"gpt-4o","order":1,"weight":1}],"state":"closed","reason":"","open_until":null,"ramp":1,"in_flight":2,
           "ttft_ms":100,"error_share":0.1,"tokens_per_second":null,"credentials":[{"label":"openai#1","state":"usable","until":null,"quota_left":1}],
           "endpoint":{"state":"closed","reason":"","open_until":null},"queue":{"waiting":1}}]}
        """;

    private const string Other = """
        {"router":"other","routers_alive":2,"deployments":[
          {"id":"openai/gpt-4o","provider":"openai","models":[{"model":"gpt-4o","order":1,"weight":1}],"state":"open","reason":"failures_in_a_row","open_until":"2026-11-21T12:00:00.000Z","ramp":0.1,"in_flight":3,
           "ttft_ms":300,"error_share":0.5,"tokens_per_second":20,"credentials":[{"label":"openai#1","state":"resting","until":"2026-11-21T12:00:00.000Z","quota_left":0.2}],
           "endpoint":{"state":"half_open","reason":"probe_failed","open_until":null},"queue":{"waiting":4}},
          {"id":"azure/gpt-4o","provider":"azure","models":[],"state":"closed","in_flight":0}]}
        """;

    [Fact]
    public async Task Each_Router_is_asked_and_the_answers_become_one()
    {
        await using var one = await RouterAsync(One);
        await using var other = await RouterAsync(Other);
        await using var edge = await EdgeServer.StartAsync([one.Url, other.Url]);
        using var report = await ReadAsync(edge);
        var seen = await one.NextAsync();
        Assert.Equal("/internal/deployments", seen.Target);
        Assert.Equal(ContextRole.Admin, EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], ContextAudience.Router, "/internal/deployments")?.Role);
        Assert.Equal(1, other.Waiting);

        Assert.Equal("""[{"router":"one","state":"ready"},{"router":"other","state":"ready"}]""", report.RootElement.GetProperty("routers").GetRawText());
        var deployments = report.RootElement.GetProperty("deployments");
        Assert.Equal(["azure/gpt-4o", "openai/gpt-4o"], deployments.EnumerateArray().Select(static deployment => deployment.GetProperty("id").GetString()));
        var merged = deployments[1];
        Assert.Equal(("open", "failures_in_a_row", "2026-11-21T12:00:00.000Z"), (Text(merged, "state"), Text(merged, "reason"), Text(merged, "open_until")));
        Assert.Equal((5, 0.1, 200, 0.3, 20), (Number(merged, "in_flight"), Number(merged, "ramp"), Number(merged, "ttft_ms"), Number(merged, "error_share"), Number(merged, "tokens_per_second")));
        Assert.Equal("""{"waiting":5}""", merged.GetProperty("queue").GetRawText());
        Assert.Equal("resting", Text(Assert.Single(merged.GetProperty("credentials").EnumerateArray()), "state"));
        Assert.Equal("half_open", Text(merged.GetProperty("endpoint"), "state"));
        Assert.Equal([("one", "closed"), ("other", "open")], merged.GetProperty("routers").EnumerateArray().Select(static view => (Text(view, "router"), Text(view, "state"))));
        Assert.Equal(JsonValueKind.Null, deployments[0].GetProperty("ttft_ms").ValueKind);
    }

    [Fact]
    public async Task A_Router_that_does_not_answer_is_told_and_the_others_answer()
    {
        await using var one = await RouterAsync(One);
        await using var edge = await EdgeServer.StartAsync([one.Url, new Uri($"http://127.0.0.1:{RedisProcess.FreePort()}")]);
        using var report = await ReadAsync(edge);
        Assert.Equal("""[{"router":"one","state":"ready"},{"router":null,"state":"unreachable"}]""", report.RootElement.GetProperty("routers").GetRawText());
        Assert.Equal("closed", Text(report.RootElement.GetProperty("deployments")[0], "state"));
    }

    [Fact]
    public async Task No_Router_is_an_error_and_no_empty_report()
    {
        await using var edge = await EdgeServer.StartAsync([new Uri($"http://127.0.0.1:{RedisProcess.FreePort()}")]);
        using var client = edge.Client(EdgeServer.AdminKey);
        using var response = await client.GetAsync(Path);
        await EdgeServer.AssertErrorAsync(response, 503, "service_unavailable");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(EdgeServer.Key)]
    public async Task Without_the_admin_key_no_Router_is_asked(string? key)
    {
        await using var one = await RouterAsync(One);
        await using var edge = await EdgeServer.StartAsync([one.Url]);
        using var client = edge.Client(key);
        using var response = await client.GetAsync(Path);
        await EdgeServer.AssertErrorAsync(response, 401, "admin_key_required");
        Assert.Equal(0, one.Waiting);
    }

    [Fact]
    public async Task Ready_tells_the_providers_state_of_the_worst_Router()
    {
        await using var one = await RouterAsync(One);
        await using var other = await RouterAsync(Other);
        one.Ready = """{"status":"ready","checks":{"providers":{"status":"ready","detail":"openai: ok"}}}""";
        other.Ready = """{"status":"degraded","checks":{"providers":{"status":"degraded","detail":"openai: out"}}}""";
        await using var edge = await EdgeServer.StartAsync([one.Url, other.Url]);
        using var client = edge.Client(null);
        using var response = await client.GetAsync("/ready");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var ready = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var check = ready.RootElement.GetProperty("checks").GetProperty("providers");
        Assert.Equal(("degraded", "openai: out"), (Text(check, "status"), Text(check, "detail")));
    }

    [Fact]
    public async Task Ready_asks_the_Routers_every_five_seconds_at_most()
    {
        var time = new ManualTime();
        await using var one = await RouterAsync(One);
        one.Ready = """{"status":"ready","checks":{"providers":{"status":"ready","detail":"before"}}}""";
        await using var edge = await EdgeServer.StartAsync([one.Url], time: time);
        using var client = edge.Client(null);
        Assert.Contains("before", await client.GetStringAsync("/ready"), StringComparison.Ordinal);
        one.Ready = """{"status":"ready","checks":{"providers":{"status":"ready","detail":"after"}}}""";
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.Contains("before", await client.GetStringAsync("/ready"), StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Contains("after", await client.GetStringAsync("/ready"), StringComparison.Ordinal);
    }

    private static async Task<FakeService> RouterAsync(string report)
    {
        var router = await FakeService.StartAsync();
        router.Answer = context => context.Response.WriteAsync(report);
        return router;
    }

    private static async Task<JsonDocument> ReadAsync(EdgeServer edge)
    {
        using var client = edge.Client(EdgeServer.AdminKey);
        using var response = await client.GetAsync(Path);
        Assert.Equal((200, "application/json"), ((int)response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync());
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();
}
