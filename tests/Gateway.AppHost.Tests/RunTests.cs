using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.AppHost.Tests;

/// <summary>What the user of a local run sees: the AppHost as a process.</summary>
public sealed class RunTests : IDisposable
{
    private readonly DataFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Run_Interrupted_TellsHowToAskAndLeavesNoProcess()
    {
        var port = AppHostProcess.FreePort();
        await using var host = AppHostProcess.Start(_data, Port(port));
        await host.LineAsync("Ctrl-C stops everything.");
        Assert.Contains($"http://localhost:{port}/console", host.Output, StringComparison.Ordinal);
        Assert.Contains("\"stream\": true", host.Output, StringComparison.Ordinal);
        var secrets = (await File.ReadAllLinesAsync(Path.Combine(_data.Path, "secrets.env"))).Select(static l => l.Split('=', 2)).ToDictionary(static l => l[0], static l => l[1]);
        Assert.Contains($"Bearer {secrets["GATEWAY_DEMO_KEY"]}", host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(secrets["GATEWAY_ADMIN_KEY"], host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(secrets["GATEWAY_CONTEXT_SECRET"], host.Output, StringComparison.Ordinal);
        Assert.Equal(["edge", "moderation", "router", "simulator", "usage"], _data.Services().Select(static s => s.Name).Order(StringComparer.Ordinal));

        host.Signal(AppHostProcess.Interrupt);
        Assert.Equal(0, await host.ExitCodeAsync());
        Assert.Empty(_data.Services());
    }

    [Fact]
    public async Task Run_PortInUse_NamesPortResourceAndVariable()
    {
        using var occupant = new TcpListener(IPAddress.Loopback, 0);
        occupant.Start();
        var port = ((IPEndPoint)occupant.LocalEndpoint).Port;

        await using var host = AppHostProcess.Start(_data, Port(port));
        Assert.NotEqual(0, await host.ExitCodeAsync());
        Assert.Contains($"Port {port} is in use, and 'edge' is to listen on it (GATEWAY_PORT).", host.Output, StringComparison.Ordinal);
        Assert.Empty(_data.Services());
    }

    [Fact]
    public async Task Run_DocumentIsMissing_NamesTheVariable()
    {
        await using var host = AppHostProcess.Start(_data, new Dictionary<string, string> { ["GATEWAY_CONFIG"] = "/nowhere/gateway.yaml" });
        Assert.NotEqual(0, await host.ExitCodeAsync());
        Assert.Contains("GATEWAY_CONFIG names '/nowhere/gateway.yaml', and there is no such file.", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_RedisServerOnPath_ServicesGetItsAddress()
    {
        // Where containers run, "auto" takes one; this is about the other way.
        Assert.True((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(static f => File.Exists(Path.Combine(f, "redis-server"))), "redis-server is not on PATH.");
        var environment = Port(AppHostProcess.FreePort());
        environment["GATEWAY_REDIS"] = "auto";
        environment["ASPIRE_CONTAINER_RUNTIME"] = "no-such-runtime";
        await using var host = AppHostProcess.Start(_data, environment);
        await host.LineAsync("Ctrl-C stops everything.");

        var address = _data.Services().Single(static s => s.Name == "edge").Environment["ConnectionStrings__cache"];
        var port = int.Parse(address[(address.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);
        using var redis = new TcpClient();
        await redis.ConnectAsync("localhost", port);
        await redis.GetStream().WriteAsync("PING\r\n"u8.ToArray());
        var reply = new byte[7];
        await redis.GetStream().ReadExactlyAsync(reply);
        Assert.Equal("+PONG\r\n"u8.ToArray(), reply);
    }

    private static Dictionary<string, string> Port(int port) => new() { ["GATEWAY_PORT"] = port.ToString(CultureInfo.InvariantCulture) };
}
