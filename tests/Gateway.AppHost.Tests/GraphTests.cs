using Aspire.Hosting.Testing;

namespace Gateway.AppHost.Tests;

public sealed class GraphTests : IDisposable
{
    private readonly DataFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Graph_Started_EdgeIsHealthyAndKnowsItsNeighbours()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        await using var builder = await CreateAsync("--GATEWAY_REDIS=localhost:1,abortConnect=false");
        await using var app = await builder.BuildAsync(patience.Token);
        await app.StartAsync(patience.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("edge", patience.Token);

        using var client = app.CreateHttpClient("edge");
        using var health = await client.GetAsync(new Uri("/health", UriKind.Relative), patience.Token);
        Assert.Equal(System.Net.HttpStatusCode.OK, health.StatusCode);

        var edge = Assert.Single(_data.Services(), static s => s.Name == "edge").Environment;
        foreach (var neighbour in new[] { "router", "usage", "moderation" })
        {
            var address = app.GetEndpoint(neighbour).ToString().TrimEnd('/');
            Assert.Equal(address, edge[$"services__{neighbour}__http__0"].TrimEnd('/'));
            Assert.Equal(address, edge[$"{neighbour.ToUpperInvariant()}_HTTP"].TrimEnd('/'));
        }
        Assert.Equal("localhost:1,abortConnect=false", edge["ConnectionStrings__cache"]);
        Assert.Equal(app.GetEndpoint("simulator").ToString().TrimEnd('/'), edge["SIMULATOR_URL"].TrimEnd('/'));
        Assert.Equal(Path.Combine(Projects.Gateway_AppHost.ProjectPath, "gateway.yaml"), edge["GATEWAY_CONFIG"]);
        Assert.Equal($"GATEWAY_DEMO_KEY={edge["GATEWAY_DEMO_KEY"]}", Assert.Single(File.ReadAllLines(SecretsFile), static l => l.StartsWith("GATEWAY_DEMO_KEY=", StringComparison.Ordinal)));

        var router = Assert.Single(_data.Services(), static s => s.Name == "router").Environment;
        Assert.Equal(edge["GATEWAY_CONTEXT_SECRET"], router["GATEWAY_CONTEXT_SECRET"]);
        Assert.DoesNotContain("services__edge__http__0", router.Keys);
        Assert.Equal("localhost:1,abortConnect=false", router["ConnectionStrings__cache"]);

        var usage = Assert.Single(_data.Services(), static s => s.Name == "usage").Environment;
        Assert.Equal("localhost:1,abortConnect=false", usage["ConnectionStrings__cache"]);
        Assert.DoesNotContain("GATEWAY_KEY_PEPPER", router.Keys);
    }

    [Fact]
    public async Task Database_Given_ReachesTheEdge()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        await using var builder = await CreateAsync("--GATEWAY_DB=Host=127.0.0.1;Port=1;Username=x;Database=x");
        await using var app = await builder.BuildAsync(patience.Token);
        await app.StartAsync(patience.Token);

        // Healthy without its database: what is away is no reason not to serve.
        await app.ResourceNotifications.WaitForResourceHealthyAsync("edge", patience.Token);

        var edge = Assert.Single(_data.Services(), static s => s.Name == "edge").Environment;
        Assert.Equal("Host=127.0.0.1;Port=1;Username=x;Database=x", edge["ConnectionStrings__gatewaydb"]);
        Assert.Equal(32, edge["GATEWAY_KEY_PEPPER"].Length);
    }

    [Fact]
    public async Task Model_NoProviderKey_HasTheSimulator()
    {
        await using var builder = await CreateAsync();
        Assert.Equal(["admin-key", "context-secret", "demo-key", "edge", "key-pepper", "moderation", "router", "simulator", "usage"], Names(builder));
    }

    [Fact]
    public async Task Model_ProviderKey_HasNoSimulator()
    {
        await using var builder = await CreateAsync("--OPENAI_API_KEY=sk-test");
        Assert.Equal(["admin-key", "context-secret", "demo-key", "edge", "key-pepper", "moderation", "openai-api-key", "router", "usage"], Names(builder));
    }

    [Fact]
    public async Task Model_ProviderKeyButTheLocalDocument_HasTheSimulator()
    {
        var local = Path.Combine(Projects.Gateway_AppHost.ProjectPath, "gateway.yaml");
        await using var builder = await CreateAsync("--OPENAI_API_KEY=sk-test", $"--GATEWAY_CONFIG={local}");
        Assert.Contains("simulator", Names(builder));
    }

    [Fact]
    public async Task Secrets_SecondRun_AreTheSameAndForTheOwnerOnly()
    {
        await using (await CreateAsync()) { }
        var first = await File.ReadAllTextAsync(SecretsFile);
        await using (await CreateAsync()) { }

        Assert.Equal(first, await File.ReadAllTextAsync(SecretsFile));
        Assert.Matches("(?m)^GATEWAY_DEMO_KEY=gw_demo_[0-9A-Za-z]{32}$", first);
        Assert.Matches("(?m)^GATEWAY_ADMIN_KEY=gw_admin_[0-9A-Za-z]{32}$", first);
        Assert.Matches("(?m)^GATEWAY_KEY_PEPPER=[0-9A-Za-z]{32}$", first);
        Assert.Matches("(?m)^GATEWAY_CONTEXT_SECRET=[0-9A-Za-z]{32}$", first);
        if (!OperatingSystem.IsWindows()) { Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SecretsFile)); }
    }

    [Theory]
    [InlineData("--GATEWAY_PORT=http")]
    [InlineData("--GATEWAY_PORT=70000")]
    [InlineData("--GATEWAY_EDGES=0")]
    [InlineData("--GATEWAY_ROUTERS=-1")]
    public async Task Settings_NotANumberInRange_RefusedByName(string argument)
    {
        var name = argument[2..].Split('=')[0];
        var refused = await Assert.ThrowsAsync<Aspire.Hosting.DistributedApplicationException>(async () => await CreateAsync(argument));
        Assert.StartsWith(argument[2..] + ": it must be a whole number from ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    private string SecretsFile => Path.Combine(_data.Path, "secrets.env");

    // Given explicitly, so that keys in the environment of whoever runs the tests change nothing.
    private Task<IDistributedApplicationTestingBuilder> CreateAsync(params string[] arguments) => DistributedApplicationTestingBuilder.CreateAsync<Projects.Gateway_AppHost>(
        ["--OPENAI_API_KEY=", "--ANTHROPIC_API_KEY=", "--GEMINI_API_KEY=", "--OLLAMA_HOST=", "--GATEWAY_CONFIG=", $"--GATEWAY_DATA={_data.Path}", "--GATEWAY_REDIS=none", "--GATEWAY_DB=", "--GATEWAY_KEY_PEPPER=", .. arguments]);

    private static IEnumerable<string> Names(IDistributedApplicationTestingBuilder builder) => builder.Resources.Select(static r => r.Name).Order(StringComparer.Ordinal);
}
