using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Gateway.Edge.Tests.Rig;
using Gateway.EndToEnd.Tests.Telemetry;

namespace Gateway.EndToEnd.Tests.Capture;

/// <summary>The content of requests is where the document says, and nowhere else, whatever the host switches on.</summary>
public sealed class ContentCaptureTests
{
    private const string Config = """
        version: 1
        server: { admin_key: "${GATEWAY_ADMIN_KEY}" }
        providers:
          sim: { protocol: openai, base_url: "${SIMULATOR_URL}/v1", keys: [sim-key-1], internal: true }
        models:
          gpt-4o: { deployments: [ { provider: sim, model: sim-large, price: { input: 2.50, output: 10.00 } } ] }
        routes:
          - { path: /quiet, capture: none }
        keys:
          - { id: silent, secret: rig-key-none, models: ["*"] }
          - { id: shape, secret: rig-key-metadata, models: ["*"], capture: metadata }
          - { id: masked, secret: rig-key-redacted, models: ["*"], capture: redacted }
          - { id: whole, secret: rig-key-full, models: ["*"], capture: full }
        """;

    [Fact]
    public async Task Content_is_kept_as_the_document_says_and_nowhere_else_whatever_the_host_says()
    {
        await using var collector = await TraceCollector.StartAsync();
        await using var rig = await GatewayRig.StartAsync(new RigOptions { Config = Config, Redis = false, Environment = collector.Environment });
        using var admin = rig.Admin();
        var sent = new List<(string Level, bool IsStream, string Id, string Answer)>();
        foreach (var level in new[] { "none", "metadata", "redacted", "full" })
        {
            foreach (var isStream in new[] { false, true })
            {
                sent.Add(await AskAsync(rig, level, isStream, ""));
            }
        }

        // The path keeps less than the key.
        var quiet = await AskAsync(rig, "full", isStream: false, "/quiet", "quiet");
        foreach (var id in sent.Select(static one => one.Id).Append(quiet.Id))
        {
            await Ledger.WaitForAsync(admin, id);
        }

        var api = ApiDescription.Parse(await admin.GetStringAsync("/admin/v1/openapi.json"));
        foreach (var (level, isStream, id, answer) in sent.Where(static one => one.Level != "none"))
        {
            var content = await ContentAsync(admin, id);
            Assert.Empty(api.Differences("GET /admin/v1/requests/{id}/content", 200, content));
            Assert.Equal((level, isStream), (content.GetProperty("level").GetString(), content.GetProperty("stream").GetBoolean()));
            Assert.Equal(level != "metadata", content.GetRawText().Contains(Canary(level), StringComparison.Ordinal));
            Assert.Equal(level == "full", content.GetRawText().Contains("jane@example.com", StringComparison.Ordinal));
            Assert.Equal(level == "redacted", content.GetRawText().Contains("[email]", StringComparison.Ordinal));
            if (level == "full" && !isStream)
            {
                Assert.Equal(answer, content.GetProperty("answer").GetProperty("text").GetString());
            }
        }

        foreach (var id in sent.Where(static one => one.Level == "none").Select(static one => one.Id).Append(quiet.Id))
        {
            var nothing = await admin.GetFromJsonAsync<JsonElement>($"/admin/v1/requests/{id}/content");
            Assert.Equal("none", nothing.GetProperty("level").GetString());
            Assert.Empty(api.Differences("GET /admin/v1/requests/{id}/content", 200, nothing));
        }

        await collector.UntilAsync(() => sent.All(one => collector.Spans.Any(span => span.Tag("gateway.request.id") == one.Id)));
        await AssertNowhereElseAsync(rig, collector);
    }

    private static async Task AssertNowhereElseAsync(GatewayRig rig, TraceCollector collector)
    {
        string[] all = [Canary("none"), Canary("metadata"), Canary("redacted"), Canary("full"), Canary("quiet"), "jane@example.com"];
        var metrics = new StringBuilder();
        foreach (var service in rig.Routers.Concat(rig.Edges).Append(rig.Usage))
        {
            using var client = new HttpClient { BaseAddress = service.Url };
            metrics.Append(await client.GetStringAsync("/metrics"));
        }

        // Whoever writes has written all of it, and holds no file any more.
        foreach (var service in rig.Edges.Concat(rig.Routers).Append(rig.Usage))
        {
            await service.StopAsync();
        }

        var said = rig.Output();
        Assert.All(all, canary =>
        {
            Assert.DoesNotContain(canary, said, StringComparison.Ordinal);
            Assert.DoesNotContain(canary, metrics.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(collector.Bodies, body => body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(canary)) >= 0);
        });

        var found = new HashSet<string>();
        foreach (var path in Directory.EnumerateFiles(rig.DataFolder, "*", SearchOption.AllDirectories))
        {
            var bytes = Read(path);
            foreach (var canary in all.Where(canary => bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(canary)) >= 0))
            {
                found.Add($"{Path.GetRelativePath(rig.DataFolder, Path.GetDirectoryName(path)!)} {canary}");
            }
        }

        var folder = Path.Combine("data", "content");
        Assert.Equal([$"{folder} {Canary("full")}", $"{folder} {Canary("redacted")}", $"{folder} jane@example.com"], found.Order(StringComparer.Ordinal));
    }

    private static async Task<(string Level, bool IsStream, string Id, string Answer)> AskAsync(GatewayRig rig, string level, bool isStream, string path, string? canary = null)
    {
        using var client = rig.Client("rig-key-" + level);
        using var body = new StringContent(
            $$"""{"model":"gpt-4o","stream":{{(isStream ? "true" : "false")}},"messages":[{"role":"user","content":"[sim echo] {{Canary(canary ?? level)}} of jane@example.com"}]}""", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(path + "/v1/chat/completions", body);
        var answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, answer);
        return (level, isStream, response.Headers.GetValues("x-gateway-request-id").Single(), answer);
    }

    private static async Task<JsonElement> ContentAsync(HttpClient admin, string id)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var content = await admin.GetFromJsonAsync<JsonElement>($"/admin/v1/requests/{id}/content");
            if (content.GetProperty("level").GetString() != "none")
            {
                return content;
            }

            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }

    private static string Canary(string level) => $"canary-{level}-4711";

    private static byte[] Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }
}
