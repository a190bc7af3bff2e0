namespace Gateway.EndToEnd.Tests.Budgets;

/// <summary>The document of the scenarios about money and limits. Each scenario has keys of its own.</summary>
internal static class BudgetDocument
{
    /// <summary>Output tokens that each priced request asks for and gets.</summary>
    public const int Tokens = 1000;

    /// <summary>What one request costs, which is also its bound: input is free.</summary>
    public const long CostNanoUsd = Tokens * 13_000L;

    public const long DollarNanoUsd = 1_000_000_000;

    /// <summary>Names of keys that have one dollar for ever.</summary>
    public static readonly string[] Dollar = ["dollar", "twice", "frozen", "slow", "reset", "full", "empty", "snapshot"];

    public static string Secret(string key) => $"rig-{key}-key-0123456789";

    public static string Text => $$"""
        version: 1
        server: { admin_key: "${GATEWAY_ADMIN_KEY}", max_body: 2MiB, drain: 5s }
        providers:
          sim: { protocol: openai, base_url: "${SIMULATOR_URL}/v1", keys: [sim-key-1], internal: true }
        models:
          priced:   { access: internal, deployments: [ { provider: sim, model: sim-priced, price: { input: 0, output: 13 } } ] }
          dear:     { access: internal, deployments: [ { provider: sim, model: sim-dear, price: { input: 0, output: 26 } } ] }
          cheap:    { access: internal, deployments: [ { provider: sim, model: sim-cheap, price: { input: 0, output: 1 } } ] }
          unpriced: { access: internal, deployments: [ { provider: sim, model: sim-unpriced } ] }
        teams:
          three: { budget: { usd: 1, window: lifetime } }
          counted: { limits: { tokens_per_minute: 1000000000 }, budget: { usd: 1000, window: month } }
          shared-rate: { limits: { requests_per_minute: 480, burst: 2s } }
        end_users: { limits: { requests_per_minute: 600, tokens_per_minute: 1000000 } }
        keys:
        {{string.Join('\n', Dollar.Select(static id => $$"""  - { id: {{id}}, secret: {{Secret(id)}}, models: ["*"], budget: { usd: 1, window: lifetime } }"""))}}
          - { id: three-a, secret: {{Secret("three-a")}}, models: ["*"], team: three }
          - { id: three-b, secret: {{Secret("three-b")}}, models: ["*"], team: three }
          - { id: three-c, secret: {{Secret("three-c")}}, models: ["*"], team: three }
          - { id: fallback, secret: {{Secret("fallback")}}, models: ["*"], budget: { usd: 0.03, window: day, fallback: cheap } }
          - { id: soft, secret: {{Secret("soft")}}, models: ["*"], budget: { usd: 0.01, window: day, mode: soft } }
          - { id: free, secret: {{Secret("free")}}, models: ["*"] }
          - { id: rate-one, secret: {{Secret("rate-one")}}, models: ["*"], limits: { requests_per_minute: 600, burst: 2s } }
          - { id: rate-mixed, secret: {{Secret("rate-mixed")}}, models: ["*"], limits: { requests_per_second: 5, requests_per_minute: 6000, tokens_per_minute: 100000000, concurrency: 100 } }
          - { id: rate-tokens, secret: {{Secret("rate-tokens")}}, models: ["*"], limits: { tokens_per_second: 4100 } }
          - { id: rate-team-a, secret: {{Secret("rate-team-a")}}, models: ["*"], team: shared-rate }
          - { id: rate-team-b, secret: {{Secret("rate-team-b")}}, models: ["*"], team: shared-rate, limits: { concurrency: 1000 } }
          - { id: rate-wait, secret: {{Secret("rate-wait")}}, models: ["*"], limits: { requests_per_minute: 1200, burst: 50ms, concurrency: 1000 } }
          - { id: counted, secret: {{Secret("counted")}}, models: ["*"], team: counted, limits: { requests_per_minute: 600000, tokens_per_minute: 1000000000, concurrency: 10000 }, budget: { usd: 100, window: day } }
          - { id: many, secret: {{Secret("many")}}, models: ["*"], limits: { requests_per_minute: 600000, tokens_per_minute: 1000000000, concurrency: 10000 } }
        """;
}
