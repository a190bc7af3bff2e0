using System.Globalization;

namespace Gateway.AppHost.Tests.StandIn;

public sealed class SupervisionTests : IDisposable
{
    private readonly DataFolder _data = new();
    private readonly int _port = AppHostProcess.FreePort();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Replicas_Started_ListenSideBySideAndAreAllKnown()
    {
        await using var host = Start(("GATEWAY_EDGES", "2"), ("GATEWAY_ROUTERS", "2"));
        await host.LineAsync("Ctrl-C stops everything.");

        using var client = new HttpClient();
        foreach (var port in new[] { _port, _port + 1 })
        {
            using var health = await client.GetAsync(new Uri($"http://localhost:{port}/health"));
            Assert.True(health.IsSuccessStatusCode);
        }
        var edge = _data.Services().First(static s => s.Name == "edge").Environment;
        var routers = _data.Services().Where(static s => s.Name == "router").Select(static s => s.Environment["ASPNETCORE_URLS"]);
        Assert.Equal(routers.Order(StringComparer.Ordinal), new[] { edge["services__router__http__0"], edge["services__router__http__1"] }.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ReplicaPort_InUse_NamesPortAndVariable()
    {
        using var occupant = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, _port + 1);
        occupant.Start();
        await using var host = Start(("GATEWAY_EDGES", "2"));
        Assert.NotEqual(0, await host.ExitCodeAsync());
        Assert.Contains($"Port {_port + 1} is in use, and 'edge' is to listen on it (GATEWAY_PORT + 1, for one of the GATEWAY_EDGES=2 replicas).", host.Output, StringComparison.Ordinal);
        Assert.Empty(_data.Services());
    }

    [Fact]
    public async Task Service_Killed_IsShownAndNotStartedAgain()
    {
        await using var host = Start();
        await host.LineAsync("Ctrl-C stops everything.");
        AppHostProcess.Signal(_data.Services().Single(static s => s.Name == "router").Id, AppHostProcess.SigKill);

        await host.LineAsync("router ended by itself with exit code 137");
        Assert.Equal(["edge", "moderation", "simulator", "usage"], _data.Services().Select(static s => s.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Interrupt_WhileServicesStart_LeavesNoProcess()
    {
        await using var host = Start();
        await host.LineAsync("simulator: Starting");
        host.Signal(AppHostProcess.Interrupt);
        Assert.Equal(0, await host.ExitCodeAsync());
        Assert.Empty(_data.Services());
    }

    [Fact]
    public async Task SecondInterrupt_ServiceDoesNotEnd_KillsItAtOnce()
    {
        await using var host = Start();
        await host.LineAsync("Ctrl-C stops everything.");
        // A stopped process cannot hear SIGTERM.
        AppHostProcess.Signal(_data.Services().Single(static s => s.Name == "edge").Id, AppHostProcess.Stop);

        host.Signal(AppHostProcess.Interrupt);
        await host.LineAsync("edge: Stopping");
        // Too soon after the first it counts as the same one, so it is pressed until it counts.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var ended = host.ExitCodeAsync();
        while (!ended.IsCompleted)
        {
            host.Signal(AppHostProcess.Interrupt);
            await timer.WaitForNextTickAsync();
        }
        Assert.Equal(130, await ended);
        await AllGoneAsync();
    }

    [Fact]
    public async Task Host_Killed_ServicesEndWithIt()
    {
        await using var host = Start();
        await host.LineAsync("Ctrl-C stops everything.");
        host.Signal(AppHostProcess.SigKill);
        await host.ExitCodeAsync();
        await AllGoneAsync();
    }

    [Fact]
    public async Task Service_Running_IsOutOfReachOfTheTerminalsInterrupt()
    {
        await using var host = Start();
        await host.LineAsync("Ctrl-C stops everything.");
        // The terminal signals the foreground process group; a session leader is in a group of its own.
        Assert.All(_data.Services(), static service => Assert.Equal(service.Id, ProcessGroup(service.Id)));
    }

    // Nobody tells when a process that is not ours has ended, so it is asked until it has.
    private async Task AllGoneAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (_data.Services().Count > 0) { await timer.WaitForNextTickAsync(patience.Token); }
    }

    private static int ProcessGroup(int processId)
    {
        // "pid (name) state ppid pgrp ..."; the name may hold spaces.
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[2], CultureInfo.InvariantCulture);
    }

    private AppHostProcess Start(params (string Name, string Value)[] environment) => AppHostProcess.Start(_data,
        environment.Append(("GATEWAY_PORT", _port.ToString(CultureInfo.InvariantCulture))).ToDictionary(static v => v.Item1, static v => v.Item2));
}
