using Gateway.Bench.Processes;

namespace Gateway.Bench.Targets;

/// <summary>Two bare Kestrel + HttpClient relays in a row, socket continuations inline: what ASP.NET Core costs before a gateway does anything.</summary>
internal sealed class ChainTarget : Target
{
    private static readonly Dictionary<string, string?> _environment = DotNet.Environment(inline: true);

    public ChainTarget()
        : base("chain-2hop") => Compiles = true;

    public override async Task StartAsync(int mockPort, string folder, CancellationToken cancellationToken)
    {
        var ports = Ports.Free(2);
        Port = ports[0];
        for (var hop = 1; hop >= 0; hop--)
        {
            var next = hop == 0 ? ports[1] : mockPort;
            var process = Count(ChildProcess.Start($"chain-{hop + 1}", folder, _environment,
                "dotnet", DotNet.Assembly("bench/Gateway.Bench.Chain"), "--urls", $"http://127.0.0.1:{ports[hop]}", "--next", $"http://127.0.0.1:{next}"));
            await Http.WaitAsync(process, ports[hop], "/v1/models", TimeSpan.FromSeconds(20), cancellationToken);
        }
    }
}
