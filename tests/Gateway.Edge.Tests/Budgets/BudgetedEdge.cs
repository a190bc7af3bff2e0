using System.Text.Json;
using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Budgets;

/// <summary>An Edge whose keys have owners, limits and budgets of every kind, and an admission that the test answers for.</summary>
internal sealed class BudgetedEdge : IAsyncDisposable
{
    public const string Config = """
        version: 1
        server: { admin_key: gw-test-admin-key, max_body: 1MiB }
        providers:
          openai: { protocol: openai, base_url: "http://127.0.0.1:9/v1", keys: [upstream-secret], internal: true, timeouts: { total: 30s } }
          other: { protocol: openai, base_url: "http://127.0.0.1:9/v1", internal: true }
        models:
          gpt-4o:
            deployments:
              - { provider: openai, model: gpt-4o, context: 128000, max_output: 4000, price: { input: 2.5, output: 10 } }
              - { provider: other, model: gpt-4o, context: 64000, max_output: 8000, price: { input: 3, cache_write: 4, output: 9 } }
          mini: { deployments: [ { provider: openai, model: mini, max_output: 1000, price: { input: 0.1, output: 0.4 } } ] }
          unpriced: { deployments: [ { provider: openai, model: unpriced } ] }
        aliases: { best: gpt-4o }
        organisations: { acme: { limits: { concurrency: 50 }, budget: { usd: 1000, window: month } } }
        teams: { research: { organisation: acme, limits: { tokens_per_minute: 60000, shadow: false }, budget: { usd: 50, window: week, mode: soft } } }
        users: { alice: { team: research, limits: { requests_per_hour: 3600 } } }
        keys:
          - { id: full, secret: gw-test-key, user: alice, team: research, models: ["*"], limits: { requests_per_minute: 600, models: { "gpt-4*": { requests_per_minute: 60 } } }, budget: { usd: 5, window: day } }
          - { id: falls, secret: gw-falling-key, models: ["*"], budget: { usd: 5, window: day, fallback: mini } }
          - { id: narrow, secret: gw-narrow-key, models: ["gpt-4o"], budget: { usd: 5, window: day, fallback: mini } }
          - { id: soft, secret: gw-soft-key, models: ["*"], budget: { usd: 5, window: month, mode: soft } }
          - { id: places, secret: gw-places-key, models: ["*"], limits: { concurrency: 2 } }
          - { id: tokens, secret: gw-tokens-key, models: ["*"], limits: { tokens_per_minute: 60000 } }
          - { id: talks, secret: gw-talks-key, models: ["*"], limits: { sessions_1h: 3 } }
          - { id: shadow, secret: gw-shadow-key, models: ["*"], limits: { requests_per_minute: 60, shadow: true } }
          - { id: plain, secret: gw-plain-key, models: ["*"], limits: { requests_per_minute: 12 } }
          - { id: free, secret: gw-free-key, models: ["*"] }
        """;

    private BudgetedEdge(FakeService router, FakeService moderation, EdgeServer edge, FakeAdmission admission) => (Router, Moderation, Edge, Admission) = (router, moderation, edge, admission);

    public FakeService Router { get; }

    public FakeService Moderation { get; }

    public EdgeServer Edge { get; }

    public FakeAdmission Admission { get; }

    public static async Task<BudgetedEdge> StartAsync(TimeProvider? time = null, Uri? router = null, string config = Config)
    {
        var (service, moderation, admission) = (await FakeService.StartAsync(), await FakeService.StartAsync(), new FakeAdmission());
        return new BudgetedEdge(service, moderation, await EdgeServer.StartAsync(
            [router ?? service.Url], new() { ["Services:moderation:http:0"] = moderation.Url.ToString() }, config, time, admission: admission), admission);
    }

    public async ValueTask DisposeAsync()
    {
        await Edge.DisposeAsync();
        await Router.DisposeAsync();
        await Moderation.DisposeAsync();
    }

    public async Task<HttpResponseMessage> PostAsync(string body = EdgeServer.ChatBody, string key = EdgeServer.Key, string path = EdgeServer.Chat, params (string Name, string Value)[] headers)
    {
        using var client = Edge.Client(key);
        using var request = EdgeServer.Post(path, body, headers);
        return await client.SendAsync(request);
    }

    /// <summary>What the Router was told of the next request.</summary>
    public async Task<ContextClaims> ClaimsAsync(TimeProvider? time = null)
    {
        var seen = await Router.NextAsync();
        return EdgeServer.Tokens(time).Verify(seen.Headers["x-gateway-context"], ContextAudience.Router, seen.Target) ?? throw new InvalidOperationException("The context is not good.");
    }

    public static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return document.RootElement.Clone();
    }
}
