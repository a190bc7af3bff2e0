using System.Net.Http.Headers;

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

        Simulator = Service("Gateway.Simulator", "simulator");
        Usage = Service("Gateway.Usage", "usage");
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
            Redis = RedisServer.Create(DataFolder);
        }

        _environment = new Dictionary<string, string?>(options.Environment)
        {
            ["GATEWAY_CONFIG"] = ConfigFile,
            ["GATEWAY_DATA"] = Path.Combine(DataFolder, "data"),
            ["GATEWAY_CONTEXT_SECRET"] = "rig-context-secret-0123456789abcdef0123456789",
            ["GATEWAY_DEMO_KEY"] = DemoKey,
            ["GATEWAY_ADMIN_KEY"] = AdminKey,
            ["SIMULATOR_URL"] = Simulator.Url.ToString().TrimEnd('/'),
            ["SIMULATOR_RECORDINGS"] = RigPaths.Recordings,
            ["services__usage__http__0"] = Usage.Url.ToString(),
            ["services__moderation__http__0"] = Moderation.Url.ToString(),
        };
        for (var i = 0; i < Routers.Count; i++)
        {
            _environment[$"services__router__http__{i}"] = Routers[i].Url.ToString();
        }

        if (Redis is not null)
        {
            _environment["ConnectionStrings__cache"] = $"127.0.0.1:{Redis.Port}";
        }
    }

    public RigProcess Simulator { get; }

    public RigProcess Usage { get; }

    public RigProcess Moderation { get; }

    public List<RigProcess> Routers { get; } = [];

    public List<RigProcess> Edges { get; } = [];

    public RigProcess? Redis { get; }

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
                await process.WaitForAsync(process == rig.Simulator ? "/health" : "/ready");
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

    /// <summary>A client of the Simulator itself: its meter.</summary>
    public HttpClient Meter() => new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Simulator.Url };

    /// <summary>What the services printed, for the message of a failed test.</summary>
    public string Output() => string.Join("\n\n", _all.Select(p => $"== {p.Name}\n{p.Output}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_all))
        {
            await process.DisposeAsync();
        }

        if (Redis is not null)
        {
            await Redis.DisposeAsync();
        }

        Directory.Delete(DataFolder, recursive: true);
    }

    private RigProcess Service(string project, string name)
    {
        var process = RigProcess.Service(project, name, () => _environment!, RigProcess.FreePort());
        _all.Add(process);
        return process;
    }
}
