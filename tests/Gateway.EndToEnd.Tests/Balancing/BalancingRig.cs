namespace Gateway.EndToEnd.Tests.Balancing;

/// <summary>One gateway with three providers, for all measurements of shares. Each has model groups of its own, and where it breaks something providers of its own.</summary>
public sealed class BalancingRig : IAsyncLifetime
{
    public const string Name = "balancing";
    public const string SmallTeamKey = "small-team-key";
    public const string BigTeamKey = "big-team-key";
    public const string NoisyTeamKey = "noisy-team-key";
    public const string CalmTeamKey = "calm-team-key";

    /// <summary>The limit of the saturated providers.</summary>
    public const int Places = 8;

    public GatewayRig Rig { get; private set; } = null!;

    public async Task InitializeAsync() => Rig = await GatewayRig.StartAsync(new RigOptions { Config = Document, Simulators = 3, Redis = false });

    public async Task DisposeAsync() => await Rig.DisposeAsync();

    private static readonly string Document = $$"""
        version: 1
        server: { admin_key: "${GATEWAY_ADMIN_KEY}", drain: 5s }
        providers:
          a: { protocol: openai, base_url: "${SIMULATOR_URL_0}/v1", keys: [key-a], internal: true }
          b: { protocol: openai, base_url: "${SIMULATOR_URL_1}/v1", keys: [key-b], internal: true }
          c: { protocol: openai, base_url: "${SIMULATOR_URL_2}/v1", keys: [{ secret: key-c-light, weight: 1 }, { secret: key-c-heavy, weight: 3 }], internal: true }
          home-a: { protocol: openai, base_url: "${SIMULATOR_URL_0}/v1", keys: [key-a], internal: true }
          home-b: { protocol: openai, base_url: "${SIMULATOR_URL_1}/v1", keys: [key-b], internal: true }
          home-c: { protocol: openai, base_url: "${SIMULATOR_URL_2}/v1", keys: [key-c], internal: true }
          quota-a: { protocol: openai, base_url: "${SIMULATOR_URL_0}/v1", keys: [quota-key-a], internal: true }
          quota-b: { protocol: openai, base_url: "${SIMULATOR_URL_1}/v1", keys: [quota-key-b], internal: true }
          down-a: { protocol: openai, base_url: "${SIMULATOR_URL_0}/v1", keys: [key-a], internal: true }
          tier-a: { protocol: openai, base_url: "${SIMULATOR_URL_0}/v1", keys: [key-a], internal: true }
          full-1: { protocol: openai, base_url: "${SIMULATOR_URL_0}/v1", keys: [key-a], internal: true, limits: { concurrency: {{Places}} } }
          full-2: { protocol: openai, base_url: "${SIMULATOR_URL_1}/v1", keys: [key-b], internal: true, limits: { concurrency: {{Places}} } }
          full-3: { protocol: openai, base_url: "${SIMULATOR_URL_2}/v1", keys: [key-c], internal: true, limits: { concurrency: {{Places}} } }
        models:
          turns:   { deployments: [ { provider: a, model: turns, weight: 1 }, { provider: b, model: turns, weight: 2 }, { provider: c, model: turns, weight: 7 } ] }
          busy:    { strategy: least_busy, deployments: [ { provider: a, model: busy }, { provider: b, model: busy }, { provider: c, model: busy } ] }
          fast:    { strategy: lowest_latency, deployments: [ { provider: a, model: fast }, { provider: b, model: fast }, { provider: c, model: fast } ] }
          cheap:
            strategy: lowest_cost
            deployments:
              - { provider: a, model: cheap, price: { input: 1, output: 20 } }
              - { provider: b, model: cheap, price: { input: 10, output: 2 } }
          quota:   { strategy: most_quota, deployments: [ { provider: quota-a, model: quota }, { provider: quota-b, model: quota } ] }
          homes:   { strategy: sticky, deployments: [ { provider: home-a, model: homes, weight: 1 }, { provider: home-b, model: homes, weight: 1 }, { provider: home-c, model: homes, weight: 2 } ] }
          {{Hybrid("balanced")}}
          {{Hybrid("cost")}}
          {{Hybrid("req")}}
          {{Hybrid("token")}}
          tiers:   { deployments: [ { provider: tier-a, model: tiers, order: 1 }, { provider: b, model: tiers, order: 2 } ] }
          ramp:    { deployments: [ { provider: down-a, model: ramp }, { provider: b, model: ramp } ] }
          crowded: { deployments: [ { provider: full-1, model: crowded } ] }
          roomy:   { deployments: [ { provider: a, model: roomy } ] }
          even:    { deployments: [ { provider: full-2, model: even } ] }
          uneven:  { deployments: [ { provider: full-3, model: uneven } ] }
        teams:
          small: { weight: 1 }
          big: { weight: 3 }
        keys:
          - { id: demo, secret: "${GATEWAY_DEMO_KEY}", models: ["*"] }
          - { id: small, secret: {{SmallTeamKey}}, team: small, models: ["*"] }
          - { id: big, secret: {{BigTeamKey}}, team: big, models: ["*"] }
          - { id: noisy, secret: {{NoisyTeamKey}}, team: noisy, models: ["*"] }
          - { id: calm, secret: {{CalmTeamKey}}, team: calm, models: ["*"] }
        """;

    /// <summary>The first is slow (see the tests) and cheap, the second fast and five times as dear.</summary>
    private static string Hybrid(string preset) =>
        $"mix-{preset}: {{ strategy: hybrid, priority: {preset}, deployments: [ {{ provider: a, model: mix-{preset}, price: {{ input: 1, output: 1 }} }}, {{ provider: b, model: mix-{preset}, price: {{ input: 5, output: 5 }} }} ] }}";
}

[CollectionDefinition(BalancingRig.Name)]
public sealed class BalancingCollection : ICollectionFixture<BalancingRig>;
