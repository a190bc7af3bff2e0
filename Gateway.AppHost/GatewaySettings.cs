using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Gateway.AppHost;

/// <summary>What the environment asks of this run (docs: README, "Local run").</summary>
internal sealed record GatewaySettings
{
    private static readonly string[] s_providerVariables = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OLLAMA_HOST"];

    /// <summary>Of the Edge. Null when published: there the platform's ingress decides.</summary>
    public required int? Port { get; init; }

    public required int Edges { get; init; }

    public required int Routers { get; init; }

    /// <summary>The folder for everything that must survive a restart; absolute.</summary>
    public required string Data { get; init; }

    /// <summary>Path of the document; null where the services configure themselves from the provider variables.</summary>
    public required string? Document { get; init; }

    /// <summary>Whether the document is one of the user's own, whose keys and models we do not know.</summary>
    public required bool HasOwnDocument { get; init; }

    /// <summary>"auto", "none" or a connection string.</summary>
    public required string Redis { get; init; }

    /// <summary>Connection string of PostgreSQL; null for none.</summary>
    public required string? Database { get; init; }

    /// <summary>Whether the Simulator is the upstream of this run, or may be one.</summary>
    public required bool NeedsSimulator { get; init; }

    /// <summary>The provider variables that are set, in the order in which they are documented.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Providers { get; init; }

    /// <summary>Whether the orchestrator DCP is part of this build. It is what runs containers and puts a proxy before replicas.</summary>
    public required bool HasOrchestrator { get; init; }

    public static GatewaySettings Read(IDistributedApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        var providers = s_providerVariables.Select(name => KeyValuePair.Create(name, configuration[name] ?? "")).Where(static p => p.Value.Length > 0).ToList();
        var run = builder.ExecutionContext.IsRunMode;
        var local = Path.Combine(builder.AppHostDirectory, "gateway.yaml");
        var document = NotEmpty(configuration["GATEWAY_CONFIG"]) is not { } chosen ? (run && providers.Count == 0 ? local : null)
            // A published path is one in the container, and none of ours to complete.
            : run ? Path.GetFullPath(chosen) : chosen;
        return new GatewaySettings
        {
            Port = run ? Number(configuration, "GATEWAY_PORT", 8080, 1, 65535) : null,
            Edges = Number(configuration, "GATEWAY_EDGES", 1, 1, 64),
            Routers = Number(configuration, "GATEWAY_ROUTERS", 1, 1, 64),
            Data = Path.GetFullPath(NotEmpty(configuration["GATEWAY_DATA"]) ?? Path.Combine(builder.AppHostDirectory, "..", ".data")),
            Document = document,
            HasOwnDocument = document is not null && document != local,
            Redis = NotEmpty(configuration["GATEWAY_REDIS"]) ?? "auto",
            Database = NotEmpty(configuration["GATEWAY_DB"]),
            NeedsSimulator = run && (providers.Count == 0 || document == local),
            Providers = providers,
            HasOrchestrator = configuration["DcpPublisher:CliPath"] is not null || configuration["ASPIRE_DCP_PATH"] is not null
                || builder.AppHostAssembly?.GetCustomAttributes<AssemblyMetadataAttribute>().Any(static a => a.Key == "dcpclipath") == true,
            RandomPorts = configuration.GetValue("DcpPublisher:RandomizePorts", false),
        };
    }

    /// <summary>Whether fixed ports are ignored, as in tests.</summary>
    public required bool RandomPorts { get; init; }

    /// <summary>What stands in the way of this run, and what to change; null when nothing does.</summary>
    public string? Obstacle()
    {
        if (Port is not { } first) { return null; }
        if (Document is { } document && !File.Exists(document))
        {
            return $"GATEWAY_CONFIG names '{document}', and there is no such file. Set it to the path of a gateway document.";
        }
        // A host with a proxy needs one port for all replicas; without it they listen side by side.
        var ports = RandomPorts ? 0 : HasOrchestrator ? 1 : Edges;
        for (var port = first; port < first + ports; port++)
        {
            if (!IsFree(port))
            {
                var which = port == first ? "GATEWAY_PORT" : string.Create(CultureInfo.InvariantCulture, $"GATEWAY_PORT + {port - first}, for one of the GATEWAY_EDGES={Edges} replicas");
                return string.Create(CultureInfo.InvariantCulture,
                    $"Port {port} is in use, and 'edge' is to listen on it ({which}). Stop what listens there, or set GATEWAY_PORT to another port.");
            }
        }
        return null;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            probe.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int Number(ConfigurationManager configuration, string name, int fallback, int min, int max) =>
        NotEmpty(configuration[name]) is not { } text ? fallback
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value
        : throw new DistributedApplicationException($"{name}={text}: it must be a whole number from {min} to {max}.");

    private static string? NotEmpty(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;
}
