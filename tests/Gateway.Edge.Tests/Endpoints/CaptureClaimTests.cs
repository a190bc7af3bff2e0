using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Endpoints;

/// <summary>What the Edge signs about the keeping of content: by the key, the path and the document in force.</summary>
public sealed class CaptureClaimTests : IAsyncLifetime
{
    private static readonly string Config = EdgeServer.Config
        .Replace("team: research, models: [\"*\"], moderation: own", "team: research, models: [\"*\"], moderation: own, capture: redacted", StringComparison.Ordinal)
        .Replace("moderation:\n  policies", "usage: { capture: metadata }\nroutes:\n  - { path: /all, capture: full }\n  - { path: /nothing, capture: none }\nmoderation:\n  policies", StringComparison.Ordinal);

    private readonly string _data = Directory.CreateTempSubdirectory("edge-capture-").FullName;
    private FakeService _router = null!;
    private EdgeServer _edge = null!;

    public async Task InitializeAsync()
    {
        _router = await FakeService.StartAsync();
        _edge = await EdgeServer.StartAsync([_router.Url], new() { ["GATEWAY_DATA"] = _data, ["GATEWAY_KEY_PEPPER"] = KeysEdge.Pepper }, Config);
    }

    public async Task DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _router.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Theory]
    [InlineData("gw-limited-key", "", CaptureLevel.Metadata)]
    [InlineData("gw-limited-key", "/all", CaptureLevel.Full)]
    [InlineData("gw-limited-key", "/nothing", CaptureLevel.None)]
    [InlineData(EdgeServer.Key, "", CaptureLevel.Redacted)]
    [InlineData(EdgeServer.Key, "/all", CaptureLevel.Redacted)]
    [InlineData(EdgeServer.Key, "/nothing", CaptureLevel.None)]
    public async Task Key_and_path_go_before_the_document_and_of_both_the_one_that_keeps_less(string key, string path, CaptureLevel level) =>
        Assert.Equal(level, await LevelAsync(key, path));

    [Fact]
    public async Task A_key_made_at_run_time_says_it_too_and_may_change_its_mind()
    {
        using var admin = _edge.Client(EdgeServer.AdminKey);
        using var make = EdgeServer.Json("""{"id":"made","models":["*"],"capture":"full"}""");
        using var made = await admin.PostAsync("/admin/v1/keys", make);
        using var answer = System.Text.Json.JsonDocument.Parse(await made.Content.ReadAsStringAsync());
        var secret = answer.RootElement.GetProperty("secret").GetString()!;
        Assert.Equal("full", answer.RootElement.GetProperty("capture").GetString());
        Assert.Equal(CaptureLevel.Full, await LevelAsync(secret, ""));

        using var patch = EdgeServer.Json("""{"capture":"none"}""");
        using var changed = await admin.PatchAsync("/admin/v1/keys/made", patch);
        Assert.Equal(CaptureLevel.None, await LevelAsync(secret, ""));

        using var wrong = EdgeServer.Json("""{"capture":"everything"}""");
        using var refused = await admin.PatchAsync("/admin/v1/keys/made", wrong);
        Assert.Equal(400, (int)refused.StatusCode);
    }

    [Fact]
    public async Task Another_document_holds_without_a_restart()
    {
        await _edge.ReconfigureAsync(Config.Replace("capture: metadata", "capture: none", StringComparison.Ordinal));

        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await LevelAsync("gw-narrow-key", "") != CaptureLevel.None)
        {
            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }

    private async Task<CaptureLevel> LevelAsync(string key, string path)
    {
        using var client = _edge.Client(key);
        using var body = EdgeServer.Json(EdgeServer.ChatBody.Replace("gpt-4o", "gpt-4o-mini", StringComparison.Ordinal));
        using var response = await client.PostAsync(path + EdgeServer.Chat, body);
        Assert.Equal(200, (int)response.StatusCode);
        var seen = await _router.NextAsync();
        return EdgeServer.Tokens().Verify(seen.Headers[GatewayHeaders.Context], ContextAudience.Router, EdgeServer.Chat)!.Capture;
    }
}
