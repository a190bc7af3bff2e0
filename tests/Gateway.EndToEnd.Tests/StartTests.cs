using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Gateway.EndToEnd.Tests;

/// <summary>What a service says when it cannot start, or starts with less than it was given.</summary>
public sealed class StartTests
{
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task UnknownConfigurationKey_RefusesToStart_NamingFileLineAndNearestKey()
    {
        var (exitCode, output) = await RunToExitAsync("Gateway.Edge", config: "version: 1\nprovidrs: {}\n");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("gateway.yaml:2", output, StringComparison.Ordinal);
        Assert.Contains("providrs", output, StringComparison.Ordinal);
        Assert.Contains("providers", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Gateway.Edge")]
    [InlineData("Gateway.Router")]
    [InlineData("Gateway.Moderation")]
    [InlineData("Gateway.Usage")]
    public async Task MissingContextSecret_RefusesToStart_NamingTheVariable(string project)
    {
        var (exitCode, output) = await RunToExitAsync(project, RigOptions.DefaultConfig, new() { ["GATEWAY_CONTEXT_SECRET"] = null });

        Assert.NotEqual(0, exitCode);
        Assert.Contains("GATEWAY_CONTEXT_SECRET", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingSecretInTheDocument_RefusesToStart_NamingVariableAndPath()
    {
        var (exitCode, output) = await RunToExitAsync("Gateway.Edge", RigOptions.DefaultConfig, new() { ["GATEWAY_DEMO_KEY"] = null });

        Assert.NotEqual(0, exitCode);
        Assert.Contains("GATEWAY_DEMO_KEY", output, StringComparison.Ordinal);
        Assert.Contains("keys[0].secret", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PortInUse_RefusesToStart_NamingThePort()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var (exitCode, output) = await RunToExitAsync("Gateway.Edge", RigOptions.DefaultConfig, port: port);

        Assert.NotEqual(0, exitCode);
        Assert.Contains($"{port}", output, StringComparison.Ordinal);
        Assert.Contains("in use", output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RedisThatAnswersGarbage_LeavesTheGatewayServing_AndReadySaysSo()
    {
        using var garbage = new TcpListener(IPAddress.Loopback, 0);
        garbage.Start();
        var answering = AnswerGarbageAsync(garbage);
        await using var rig = await GatewayRig.StartAsync(new RigOptions
        {
            Redis = false,
            Environment = new Dictionary<string, string?> { ["ConnectionStrings__cache"] = $"127.0.0.1:{((IPEndPoint)garbage.LocalEndpoint).Port}" },
        });

        using var client = rig.Client("rig-limited-key");
        var statuses = new List<int>();
        for (var i = 0; i < 2; i++)
        {
            using var content = new StringContent("""{"model":"gpt-4o","messages":[{"role":"user","content":"x"}]}""", Encoding.UTF8, "application/json");
            using var response = await client.PostAsync("/v1/chat/completions", content);
            statuses.Add((int)response.StatusCode);
            Assert.Equal("redis", response.Headers.GetValues("x-gateway-degraded").Single());
        }

        // The limit holds all the same, locally.
        Assert.Equal([200, 429], statuses);
        var ready = await client.GetFromJsonAsync<JsonElement>("/ready");
        Assert.Equal("degraded", ready.GetProperty("status").GetString());
        Assert.Equal("degraded", ready.GetProperty("checks").GetProperty("redis").GetProperty("status").GetString());
        garbage.Stop();
        await answering;
    }

    [Fact]
    public async Task WithoutRedis_TheGatewayServes_AndReadySaysSo()
    {
        await using var rig = await GatewayRig.StartAsync(new RigOptions { Redis = false });
        using var client = rig.Client();

        using var content = new StringContent("""{"model":"gpt-4o","messages":[{"role":"user","content":"x"}]}""", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync("/v1/chat/completions", content);
        var ready = await client.GetFromJsonAsync<JsonElement>("/ready");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(response.Headers.Contains("x-gateway-degraded"));
        Assert.Contains("local", ready.GetProperty("checks").GetProperty("redis").GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_SettlesWhatRuns_AndTheLedgerHasItAfterTheRestart()
    {
        await using var rig = await GatewayRig.StartAsync();
        using var client = rig.Client();
        using var admin = rig.Admin();
        using var content = new StringContent("""{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"[sim tokens=40 gap=20ms]"}]}""", Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = content };

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        // The stream runs; now everything is asked to stop, the Router first, and none of it may be cut.
        var stopping = Task.WhenAll(rig.Routers[0].StopAsync(), rig.Edges[0].StopAsync());
        var text = await response.Content.ReadAsStringAsync();
        await stopping;

        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Equal(0, rig.Routers[0].ExitCode);
        Assert.Equal(0, rig.Edges[0].ExitCode);
        await rig.Routers[0].StartAndWaitAsync();
        await rig.Edges[0].StartAndWaitAsync();
        var row = await Ledger.WaitForAsync(admin, response.Headers.GetValues("x-gateway-request-id").Single());
        Assert.Equal(40, row.GetProperty("output_tokens").GetInt64());
    }

    private static async Task AnswerGarbageAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using var socket = await listener.AcceptTcpClientAsync();
                await socket.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\nthis is not redis\r\n"u8.ToArray());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // Stopped by the test, or a client hung up: nothing to answer any more.
        }
    }

    private static async Task<(int ExitCode, string Output)> RunToExitAsync(string project, string config, Dictionary<string, string?>? changes = null, int? port = null)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-start-").FullName;
        try
        {
            var file = Path.Combine(folder, "gateway.yaml");
            await File.WriteAllTextAsync(file, config);
            var environment = new Dictionary<string, string?>
            {
                ["GATEWAY_CONFIG"] = file,
                ["GATEWAY_DATA"] = folder,
                ["GATEWAY_CONTEXT_SECRET"] = "rig-context-secret-0123456789abcdef0123456789",
                ["GATEWAY_DEMO_KEY"] = GatewayRig.DemoKey,
                ["GATEWAY_ADMIN_KEY"] = GatewayRig.AdminKey,
                ["SIMULATOR_URL"] = "http://127.0.0.1:9",
                ["services__router__http__0"] = "http://127.0.0.1:9",
                ["services__usage__http__0"] = "http://127.0.0.1:9",
                ["services__moderation__http__0"] = "http://127.0.0.1:9",
            };
            foreach (var (key, value) in changes ?? [])
            {
                environment[key] = value;
            }

            await using var process = RigProcess.Service(project, project, () => environment, port ?? RigProcess.FreePort());
            process.Start();
            await process.WaitForExitAsync(ExitLimit);
            return (process.ExitCode, process.Output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
