using System.Net.Http.Headers;
using Gateway.Rig.Faults;

namespace Gateway.Rig;

/// <summary>The whole gateway as processes on loopback, addressed as the AppHost would address it.</summary>
public sealed class GatewayRig : IAsyncDisposable
{
    public const string DemoKey = "rig-demo-key";
    public const string AdminKey = "rig-admin-key";

    private readonly List<RigProcess> _all = [];
    private readonly Dictionary<string, string?> _environment;

    private GatewayRig(RigOptions options)
    {
        DataFolder = Directory.CreateTempSubdirectory("gateway-rig-").FullName;
        ConfigFile = Path.Combine(DataFolder, "gateway.yaml");
        File.WriteAllText(ConfigFile, options.Config);

        for (var i = 0; i < options.Simulators; i++)
        {
            Simulators.Add(Service("Gateway.Simulator", $"simulator-{i}"));
            if (options.Links)
            {
                Links.Add(FaultProxy.Start(Simulators[i].Port, options.Seed + i));
            }
        }

        for (var i = 0; i < options.Usages; i++)
        {
            Usages.Add(Service("Gateway.Usage", i == 0 ? "usage" : $"usage-{i}"));
        }

        Moderation = Service("Gateway.Moderation", "moderation");
        for (var i = 0; i < options.Routers; i++)
        {
            Routers.Add(Service("Gateway.Router", $"router-{i}"));
        }

        for (var i = 0; i < options.Edges; i++)
        {
            Edges.Add(Service("Gateway.Edge", $"edge-{i}"));
        }

        if (options.Redis)
        {
            Redis = RedisServer.Create(DataFolder, options.RedisArguments);
            RedisLink = options.RedisLink ? FaultProxy.Start(Redis.Port, options.Seed) : null;
            RedisTwice = options.RedisTwice ? RedisDoubler.Start(RedisLink?.Port ?? Redis.Port) : null;
        }

        _environment = new Dictionary<string, string?>(options.Environment)
        {
            ["GATEWAY_CONFIG"] = ConfigFile,
            ["GATEWAY_DATA"] = Path.Combine(DataFolder, "data"),
            ["GATEWAY_CONTEXT_SECRET"] = "rig-context-secret-0123456789abcdef0123456789",
            ["GATEWAY_KEY_PEPPER"] = "rig-key-pepper-0123456789abcdef0123456789",
            ["GATEWAY_DEMO_KEY"] = DemoKey,
            ["GATEWAY_ADMIN_KEY"] = AdminKey,
            ["SIMULATOR_URL"] = Upstream(0),
            ["SIMULATOR_RECORDINGS"] = RigPaths.Recordings,
            ["services__moderation__http__0"] = Moderation.Url.ToString(),
        };
        for (var i = 0; i < Simulators.Count; i++)
        {
            _environment[$"SIMULATOR_URL_{i}"] = Upstream(i);
        }

        for (var i = 0; i < Usages.Count; i++)
        {
            _environment[$"services__usage__http__{i}"] = Usages[i].Url.ToString();
        }

        for (var i = 0; i < Routers.Count; i++)
        {
            _environment[$"services__router__http__{i}"] = Routers[i].Url.ToString();
        }

        if (Redis is not null)
        {
            _environment["ConnectionStrings__cache"] = $"127.0.0.1:{RedisTwice?.Port ?? RedisLink?.Port ?? Redis.Port}";
        }
    }

    /// <summary>The first provider.</summary>
    public RigProcess Simulator => Simulators[0];

    public List<RigProcess> Simulators { get; } = [];

    /// <summary>The links between Routers and Simulators, by the Simulator's number; empty unless asked for.</summary>
    public List<FaultProxy> Links { get; } = [];

    /// <summary>The first of those that keep the ledger.</summary>
    public RigProcess Usage => Usages[0];

    public List<RigProcess> Usages { get; } = [];

    public RigProcess Moderation { get; }

    public List<RigProcess> Routers { get; } = [];

    public List<RigProcess> Edges { get; } = [];

    public RigProcess? Redis { get; }

    /// <summary>Between the services and Redis; null unless asked for.</summary>
    public FaultProxy? RedisLink { get; }

    /// <summary>Before Redis and its link; null unless asked for.</summary>
    public RedisDoubler? RedisTwice { get; }

    public string DataFolder { get; }

    public string ConfigFile { get; }

    public Uri Url => Edges[0].Url;

    /// <summary>What every service of this rig has in its environment.</summary>
    public IReadOnlyDictionary<string, string?> Environment => _environment;

    /// <summary>Starts everything and waits until each service is ready for traffic.</summary>
    public static async Task<GatewayRig> StartAsync(RigOptions? options = null)
    {
        var rig = new GatewayRig(options ?? new RigOptions());
        try
        {
            if (rig.Redis is { } redis)
            {
                redis.Start();
                await RedisServer.WaitAsync(redis);
            }

            foreach (var process in rig._all)
            {
                process.Start();
            }

            foreach (var process in rig._all)
            {
                await process.WaitForAsync(rig.Simulators.Contains(process) ? "/health" : "/ready");
            }

            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client of the Edge that carries <paramref name="key"/> as its bearer.</summary>
    public HttpClient Client(string? key = DemoKey, int edge = 0)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 256 }) { BaseAddress = Edges[edge].Url, Timeout = TimeSpan.FromSeconds(100) };
        if (key is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        return client;
    }

    public HttpClient Admin() => Client(AdminKey);

    /// <summary>A client of a Simulator itself: its meter and its control.</summary>
    public HttpClient Meter(int simulator = 0) => new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Simulators[simulator].Url };

    /// <summary>Runs a verb of the Usage service where this rig keeps its ledger, to its end.</summary>
    public async Task<(int ExitCode, string Output)> CommandAsync(string verb, TimeSpan limit)
    {
        await using var command = RigProcess.Command("Gateway.Usage", verb, () => _environment!);
        command.Start();
        await command.WaitForExitAsync(limit);
        return (command.ExitCode, command.Output);
    }

    /// <summary>Tells a Simulator how to be from now on; see docs/simulator.md.</summary>
    public async Task ControlAsync(int simulator, string json)
    {
        using var client = Meter(simulator);
        using var response = await client.PutAsync("/control", new StringContent(json));
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(await response.Content.ReadAsStringAsync());
        }
    }

    /// <summary>What the services printed, for the message of a failed test.</summary>
    public string Output() => string.Join("\n\n", _all.Select(p => $"== {p.Name}\n{p.Output}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_all))
        {
            await process.DisposeAsync();
        }

        foreach (var link in Links)
        {
            await link.DisposeAsync();
        }

        if (RedisTwice is not null)
        {
            await RedisTwice.DisposeAsync();
        }

        if (RedisLink is not null)
        {
            await RedisLink.DisposeAsync();
        }

        if (Redis is not null)
        {
            await Redis.DisposeAsync();
        }

        Directory.Delete(DataFolder, recursive: true);
    }

    private string Upstream(int simulator) => (Links.Count > 0 ? Links[simulator].Url : Simulators[simulator].Url).ToString().TrimEnd('/');

    private RigProcess Service(string project, string name)
    {
        var process = RigProcess.Service(project, name, () => _environment!, RigProcess.FreePort());
        _all.Add(process);
        return process;
    }
}
