using System.Globalization;
using System.Security.Cryptography;
using Gateway.Bench.Processes;

namespace Gateway.Bench.Targets;

/// <summary>
/// The gateway as it ships: Edge and Router count; Usage, Moderation and Redis run beside them and are reported apart.
/// One document for all of its targets: only the model that the generator asks for decides whether answers pass through from the one deployment, are
/// balanced over several, or are translated; of keys there are two, one of them with limits and a hard budget.
/// </summary>
internal sealed class GatewayTarget : Target
{
    public const string PassingThrough = "gateway";
    public const string Balanced = "gateway-balanced";

    /// <summary>The processes of <see cref="Balanced"/>, asked for the model with one deployment.</summary>
    public const string Unbalanced = "gateway-unbalanced";

    public const string Limited = "gateway-limits";
    public const string Translating = "gateway-anthropic";

    private const string OneDeployment = "bench-model";

    public static readonly IReadOnlyList<string> Names = [PassingThrough, Balanced, Unbalanced, Limited, Translating];

    /// <summary>The process that balances, and settles.</summary>
    public const string Router = "Gateway.Router";

    /// <summary>The process that admits.</summary>
    public const string Edge = "Gateway.Edge";

    public static readonly IReadOnlyList<string> Projects = ["Gateway.Moderation", "Gateway.Usage", Router, Edge];

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, string?> _environment = DotNet.Environment(inline: false);
    private readonly Dictionary<string, string?> _extra;
    private readonly bool _redis;

    /// <param name="name">One of <see cref="Names"/>. Each has processes of its own: what code has seen decides how it is compiled.</param>
    /// <param name="redis">Whether Edge and Router have a Redis.</param>
    /// <param name="extra">Set for Edge and Router on top of everything, to try out settings of the runtime.</param>
    public GatewayTarget(string name, bool redis, Dictionary<string, string?> extra)
        : base(name)
    {
        Compiles = true;
        Model = name switch { Balanced => "bench-model-balanced", Translating => "bench-model-anthropic", _ => OneDeployment };
        _redis = redis;
        _extra = extra;
        Key = $"sk-bench-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
        _environment["GATEWAY_DEMO_KEY"] = name == Limited ? $"sk-bench-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}" : Key;
        _environment["BENCH_LIMITED_KEY"] = name == Limited ? Key : $"sk-bench-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";

        // Nobody balances load in front of this; the time would only pass after the measuring.
        _environment["Gateway__ShutdownGrace"] = "00:00:00";
        _environment["GATEWAY_ADMIN_KEY"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        _environment["GATEWAY_CONTEXT_SECRET"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
    }

    /// <summary>The same processes, asked for the model with one deployment.</summary>
    public SameProcessesTarget WithOneDeployment() => new(Unbalanced, OneDeployment, this);

    public override async Task StartAsync(int mockPort, string folder, CancellationToken cancellationToken)
    {
        // A fresh folder at every start: what an earlier journal holds must not be replayed into the figures.
        var home = Directory.CreateDirectory(Path.Combine(folder, $"gateway-{Guid.NewGuid():N}")).FullName;
        var file = Path.Combine(home, "gateway.yaml");
        await File.WriteAllTextAsync(file, Document(mockPort), cancellationToken);
        var ports = Ports.Free(5);
        var (moderation, usage, router, edge, redis) = (ports[0], ports[1], ports[2], ports[3], ports[4]);
        _environment["GATEWAY_CONFIG"] = file;
        _environment["GATEWAY_DATA"] = Directory.CreateDirectory(Path.Combine(home, "data")).FullName;
        if (_redis)
        {
            var program = await Tools.FindAsync("redis-server", "redis-server", cancellationToken);
            var process = Serve(ChildProcess.Start("Redis", home, _environment, program, "--port", redis.ToString(CultureInfo.InvariantCulture),
                "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", home));
            await Ports.WaitAsync(process, redis, cancellationToken);
        }

        // Usage, too: it makes the counters of budgets.
        if (_redis)
        {
            _environment["ConnectionStrings__cache"] = $"127.0.0.1:{redis}";
        }

        // How their sockets run is the services' own decision; the bench leaves it alone.
        var counted = new Dictionary<string, string?>(_environment)
        {
            ["services__router__http__0"] = $"http://127.0.0.1:{router}",
            ["services__usage__http__0"] = $"http://127.0.0.1:{usage}",
            ["services__moderation__http__0"] = $"http://127.0.0.1:{moderation}",
        };
        foreach (var (name, value) in _extra)
        {
            counted[name] = value;
        }

        await ReadyAsync(Serve(Service("Gateway.Moderation", home, moderation, _environment)), moderation, cancellationToken);
        await ReadyAsync(Serve(Service("Gateway.Usage", home, usage, _environment)), usage, cancellationToken);
        await ReadyAsync(Count(Service(Router, home, router, counted)), router, cancellationToken);
        await ReadyAsync(Count(Service(Edge, home, edge, counted)), edge, cancellationToken);
        Port = edge;
    }

    private static ChildProcess Service(string project, string folder, int port, Dictionary<string, string?> environment) =>
        ChildProcess.Start(project, folder, environment, "dotnet", DotNet.Assembly(project), "--urls", $"http://127.0.0.1:{port}");

    private static Task ReadyAsync(ChildProcess process, int port, CancellationToken cancellationToken) =>
        Http.WaitAsync(process, port, "/health", _patience, cancellationToken);

    // Limits that nothing reaches: they are counted all the same.
    private static string Document(int mockPort) => $$"""
        version: 1
        server: { admin_key: "${GATEWAY_ADMIN_KEY}" }
        providers:
          mock: { protocol: openai, base_url: "http://127.0.0.1:{{mockPort}}/v1", keys: ["mock-key"], internal: true }
          mock-anthropic: { protocol: anthropic, base_url: "http://127.0.0.1:{{mockPort}}/v1", keys: ["mock-key"], internal: true }
          mock-a:
            protocol: openai
            base_url: "http://127.0.0.1:{{mockPort}}/v1"
            internal: true
            limits: { requests_per_minute: 100000000, tokens_per_minute: 100000000000, concurrency: 100000 }
            keys:
              - { secret: "mock-key-a1", weight: 2, limits: { requests_per_minute: 100000000, tokens_per_minute: 100000000000, concurrency: 100000 } }
              - { secret: "mock-key-a2", weight: 1, limits: { requests_per_minute: 100000000, tokens_per_minute: 100000000000, concurrency: 100000 } }
          mock-b:
            protocol: openai
            base_url: "http://127.0.0.1:{{mockPort}}/v1"
            internal: true
            limits: { requests_per_minute: 100000000, tokens_per_minute: 100000000000, concurrency: 100000 }
            keys:
              - { secret: "mock-key-b1", weight: 2, limits: { requests_per_minute: 100000000, tokens_per_minute: 100000000000, concurrency: 100000 } }
              - { secret: "mock-key-b2", weight: 1, limits: { requests_per_minute: 100000000, tokens_per_minute: 100000000000, concurrency: 100000 } }
        models:
          bench-model:
            deployments:
              - { provider: mock, model: bench-upstream, price: { input: 2.50, output: 10.00 } }
          bench-model-balanced:
            strategy: hybrid
            deployments:
              - { provider: mock-a, model: bench-upstream-1, weight: 2, context: 128000, supports: [tools, vision, json_schema, reasoning], price: { input: 2.50, output: 10.00 } }
              - { provider: mock-a, model: bench-upstream-2, weight: 1, context: 128000, supports: [tools, vision, json_schema], price: { input: 2.50, output: 10.00 } }
              - { provider: mock-b, model: bench-upstream-1, weight: 2, context: 200000, supports: [tools, vision], price: { input: 2.60, output: 9.50 } }
              - { provider: mock-b, model: bench-upstream-2, weight: 1, context: 32000, supports: [tools], price: { input: 2.40, output: 10.50 } }
          bench-model-anthropic:
            deployments:
              - { provider: mock-anthropic, model: bench-upstream, price: { input: 2.50, output: 10.00 } }
        teams:
          bench-team: { limits: { tokens_per_minute: 100000000000 }, budget: { usd: 9000000, window: month } }
        keys:
          - { id: bench, secret: "${GATEWAY_DEMO_KEY}", models: ["*"], limits: { requests_per_minute: 100000000 } }
          - id: bench-limited
            secret: "${BENCH_LIMITED_KEY}"
            team: bench-team
            models: ["*"]
            limits: { requests_per_minute: 100000000, tokens_per_minute: 100000000000, concurrency: 100000 }
            budget: { usd: 9000000, window: day }

        """;
}
