using System.Diagnostics;
using System.Text.Json;

namespace Gateway.Console.Tests;

/// <summary>The console of the whole gateway in a headless Chromium, driven as an operator does. <c>CONSOLE_SHOTS</c> names a folder for pictures of every page.</summary>
public sealed class ConsoleBrowserTests
{
    private const int Checks = 31;

    private static readonly string Folder = Path.Combine(RigPaths.RepositoryRoot, "tests", "Gateway.Console.Tests", "browser");

    [Fact]
    public async Task Operator_AtTheConsole_SeesAndDoesEverything()
    {
        await InstallAsync();
        await using var rig = await GatewayRig.StartAsync();
        await AskAsync(rig);

        var output = await RunAsync("node", ["console.mjs"], new()
        {
            ["GATEWAY_URL"] = rig.Url.ToString().TrimEnd('/'),
            ["GATEWAY_ADMIN_KEY"] = GatewayRig.AdminKey,
            ["GATEWAY_KEY"] = GatewayRig.DemoKey,
            ["CHROMIUM"] = Chromium(),
            ["SHOTS"] = Environment.GetEnvironmentVariable("CONSOLE_SHOTS") ?? "",
        });

        var rows = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonSerializer.Deserialize<Row>(line, JsonSerializerOptions.Web)!).ToList();
        var failed = rows.Where(static row => row.Failure is not null).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} of {rows.Count} failed:\n{string.Join('\n', failed)}");
        Assert.Equal(Checks, rows.Count);
    }

    /// <summary>Something to look at.</summary>
    private static async Task AskAsync(GatewayRig rig)
    {
        using var client = rig.Client();
        for (var i = 0; i < 12; i++)
        {
            var body = $$$"""{"model":"{{{(i % 3 == 0 ? "gpt-4o" : "gpt-4o-mini")}}}","stream":{{{(i % 2 == 0 ? "true" : "false")}}},"messages":[{"role":"user","content":"Hello {{{i}}}"}]}""";
            using var answer = await client.PostAsync("/v1/chat/completions", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
            Assert.Equal(200, (int)answer.StatusCode);
            await answer.Content.ReadAsStringAsync();
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await PastRequests.SendAsync(rig, patience.Token);

        // The Router ships what it wrote down a moment later.
        using var admin = rig.Admin();
        while (JsonDocument.Parse(await admin.GetStringAsync("/admin/v1/usage?group=key", patience.Token)).RootElement.GetProperty("total").GetProperty("requests").GetInt64() < PastRequests.Requests + 12)
        {
            await Task.Delay(100, patience.Token);
        }
    }

    private static string Chromium() =>
        new[] { Environment.GetEnvironmentVariable("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException("The tests of the console need a Chromium: install the package chromium, or name the program in CHROMIUM.");

    private static async Task InstallAsync()
    {
        // As for the clients in node: a changed lock file is installed anew, and nothing is installed twice.
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
        try
        {
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            var output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            Assert.True(process.ExitCode == 0, $"{command} ended with {process.ExitCode}: {await errors}\n{output}");
            return output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private sealed record Row(string Check, string? Failure);
}
