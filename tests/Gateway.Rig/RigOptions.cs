namespace Gateway.Rig;

/// <summary>What a test wants of the gateway it starts.</summary>
public sealed record RigOptions
{
    /// <summary>
    /// The document; <c>${SIMULATOR_URL}</c>, <c>${GATEWAY_DEMO_KEY}</c> and <c>${GATEWAY_ADMIN_KEY}</c> are set, and for each Simulator
    /// <c>${SIMULATOR_URL_0}</c> and so on; the first without a number is number 0.
    /// </summary>
    public string Config { get; init; } = DefaultConfig;

    public int Edges { get; init; } = 1;

    public int Routers { get; init; } = 1;

    /// <summary>More than one need a ledger in PostgreSQL: the embedded one belongs to one process.</summary>
    public int Usages { get; init; } = 1;

    /// <summary>Providers, each a process with its own meter and control.</summary>
    public int Simulators { get; init; } = 1;

    /// <summary>The Routers reach each Simulator through a <see cref="Faults.FaultProxy"/>.</summary>
    public bool Links { get; init; }

    /// <summary>Of the links' jitter.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>False: no Redis is configured at all.</summary>
    public bool Redis { get; init; } = true;

    /// <summary>The services reach Redis through a <see cref="Faults.FaultProxy"/>.</summary>
    public bool RedisLink { get; init; }

    /// <summary>Every script is delivered to Redis twice.</summary>
    public bool RedisTwice { get; init; }

    /// <summary>Arguments of redis-server, instead of those that switch all persistence off.</summary>
    public IReadOnlyList<string>? RedisArguments { get; init; }

    /// <summary>Extra environment of all services.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    public const string DefaultConfig = """
        version: 1
        server: { admin_key: "${GATEWAY_ADMIN_KEY}", max_body: 2MiB, drain: 10s }
        providers:
          sim: { protocol: openai, base_url: "${SIMULATOR_URL}/v1", keys: [sim-key-1], internal: true }
          refusing: { protocol: openai, base_url: "${SIMULATOR_URL}/v1", keys: [sim-key-refused], internal: true }    # whose key may go into quarantine
        models:
          gpt-4o:                 { deployments: [ { provider: sim, model: sim-large, price: { input: 2.50, cached_input: 1.25, output: 10.00 } } ] }
          gpt-4o-mini:            { deployments: [ { provider: sim, model: sim-small, price: { input: 0.15, output: 0.60 } } ] }
          text-embedding-3-small: { deployments: [ { provider: sim, model: sim-embed, price: { input: 0.02, output: 0 } } ] }
        resolve: { default_provider: sim }
        keys:
          - { id: demo, secret: "${GATEWAY_DEMO_KEY}", team: research, models: ["*"] }
          - { id: limited, secret: rig-limited-key, models: ["*"], limits: { requests_per_minute: 6 } }
          - { id: narrow, secret: rig-narrow-key, models: ["gpt-4o-mini"] }
        """;
}
