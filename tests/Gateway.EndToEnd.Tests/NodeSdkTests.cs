using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace Gateway.EndToEnd.Tests;

/// <summary>The official npm client, unmodified but for base URL and key.</summary>
[Collection(SharedRig.Name)]
public sealed class NodeSdkTests(SharedRig shared)
{
    private static readonly string Folder = Path.Combine(RigPaths.RepositoryRoot, "tests", "Gateway.EndToEnd.Tests", "node");

    [Fact]
    public async Task OpenAIClient_Chats_Streams_Embeds_Lists_AndGetsItsOwnErrors()
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "openai")))
        {
            await RunAsync("npm", ["ci", "--no-audit", "--no-fund"], []);
        }

        using var meter = shared.Rig.Meter();
        var before = await ResetsAsync(meter);
        var output = await RunAsync("node", ["openai.mjs"], new() { ["GATEWAY_URL"] = shared.Rig.Url.ToString().TrimEnd('/'), ["GATEWAY_KEY"] = GatewayRig.DemoKey });
        var seen = JsonDocument.Parse(output.Trim().Split('\n')[^1]).RootElement;

        Assert.Equal(seen.GetProperty("text").GetString(), seen.GetProperty("streamed").GetString());
        Assert.Equal("stop", seen.GetProperty("finish").GetString());
        Assert.True(seen.GetProperty("usage").GetProperty("completion_tokens").GetInt32() > 0);
        Assert.True(seen.GetProperty("dimensions").GetInt32() > 1);
        Assert.Contains(seen.GetProperty("models").EnumerateArray(), model => model.GetString() == "gpt-4o");
        Assert.Equal("gpt-4o", seen.GetProperty("model").GetString());

        var errors = seen.GetProperty("errors");
        Assert.Equal("AuthenticationError", Type(errors, "bad_key"));
        Assert.Equal("PermissionDeniedError", Type(errors, "forbidden"));
        Assert.Equal("BadRequestError", Type(errors, "bad_request"));
        Assert.Equal("RateLimitError", Type(errors, "upstream_429"));
        Assert.Equal("InternalServerError", Type(errors, "upstream_500"));
        Assert.Equal("APIError", Type(errors, "broken_stream"));

        Assert.True(seen.GetProperty("aborted").GetBoolean());
        await WaitForResetAsync(meter, before);
    }

    private static string? Type(JsonElement errors, string name) => errors.GetProperty(name).GetProperty("type").GetString();

    private static async Task<long> ResetsAsync(HttpClient meter) => (await meter.GetFromJsonAsync<JsonElement>("/meter")).GetProperty("resets").GetInt64();

    private static async Task WaitForResetAsync(HttpClient meter, long before)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await ResetsAsync(meter) <= before)
        {
            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }

    private static async Task<string> RunAsync(string command, string[] arguments, Dictionary<string, string> environment)
    {
        var info = new ProcessStartInfo(command, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in environment)
        {
            info.Environment[key] = value;
        }

        using var process = Process.Start(info)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        var output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        Assert.True(process.ExitCode == 0, $"{command} ended with {process.ExitCode}: {await errors}\n{output}");
        return output;
    }
}
