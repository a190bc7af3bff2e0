using System.Diagnostics;
using System.Text.Json;

namespace Gateway.EndToEnd.Tests;

/// <summary>The official npm clients, unmodified but for base URL and key, each against an upstream of every protocol.</summary>
[Collection(ProtocolRig.Name)]
public sealed class NodeSdkTests(ProtocolRig shared)
{
    private static readonly string Folder = Path.Combine(RigPaths.RepositoryRoot, "tests", "Gateway.EndToEnd.Tests", "node");

    [Theory]
    [InlineData("openai.mjs", 24 * 8 - 2)]
    [InlineData("anthropic.mjs", 15 * 8)]
    [InlineData("genai.mjs", 16 * 8 - 2)]
    [InlineData("ollama.mjs", 15 * 8 - 2)]
    [InlineData("langchain.mjs", 17 * 8 - 2)]
    [InlineData("ai.mjs", (8 + 9 + 9 + 10 + 10) * 8 - 7)]
    public async Task Client_AgainstEveryUpstream_WorksAsAgainstItsOwn(string script, int checks)
    {
        await InstallAsync();

        var output = await RunAsync("node", [script], new()
        {
            ["GATEWAY_URL"] = shared.Rig.Url.ToString().TrimEnd('/'),
            ["GATEWAY_KEY"] = GatewayRig.DemoKey,
            ["GATEWAY_NARROW_KEY"] = ProtocolRig.NarrowKey,
            ["UPSTREAMS"] = string.Join(',', ProtocolRig.Upstreams),
        });

        var rows = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonSerializer.Deserialize<Row>(line, JsonSerializerOptions.Web)!).ToList();
        var failed = rows.Where(static row => row.Failure is not null).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} of {rows.Count} failed:\n{string.Join('\n', failed)}");
        Assert.Equal(checks, rows.Count);
    }

    private static async Task InstallAsync()
    {
        // One marker per lock file: a changed one is installed anew, and nothing is installed twice.
        var marker = Path.Combine(Folder, "node_modules", ".package-lock.json");
        if (!File.Exists(marker) || File.GetLastWriteTimeUtc(marker) < File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json")))
        {
            await RunAsync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], []);
            File.SetLastWriteTimeUtc(marker, DateTime.UtcNow);
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
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        var output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        Assert.True(process.ExitCode == 0, $"{command} ended with {process.ExitCode}: {await errors}\n{output}");
        return output;
    }

    private sealed record Row(string Library, string Upstream, string Feature, string? Failure);
}
