using System.Diagnostics;
using Gateway.Bench.Processes;

namespace Gateway.Bench.Targets;

/// <summary>Builds and finds the .NET programs of this repository, always as Release.</summary>
internal static class DotNet
{
    private const string InlineSwitch = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static string Root { get; } = FindRoot();

    public static string Assembly(string project)
    {
        var name = Path.GetFileName(project);
        var path = Path.Combine(Root, project, "bin", "Release", "net10.0", $"{name}.dll");
        return File.Exists(path) ? path : throw new BenchException($"{project} is not built as Release; run without --no-build.");
    }

    /// <summary>Builds one after the other: two builds at once would fight over shared projects.</summary>
    public static async Task BuildAsync(string project, string folder, CancellationToken cancellationToken)
    {
        await using var build = ChildProcess.Start($"build-{Path.GetFileName(project)}", folder, Environment(inline: false),
            "dotnet", "build", Path.Combine(Root, project), "-c", "Release", "-v", "q", "-nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false");
        var code = await build.WaitAsync(cancellationToken);
        if (code != 0)
        {
            throw new BenchException($"{project} does not build:\n{build.LogTail(15)}");
        }
    }

    /// <param name="inline">Run socket continuations on the socket's thread: what decides the cost in .NET (see README).</param>
    public static Dictionary<string, string?> Environment(bool inline)
    {
        var environment = new Dictionary<string, string?> { ["DOTNET_NOLOGO"] = "1", ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1" };

        // What the shell of whoever runs the bench exports must not change the figures.
        foreach (System.Collections.DictionaryEntry pair in System.Environment.GetEnvironmentVariables())
        {
            var name = (string)pair.Key;
            if (name.StartsWith("OTEL_", StringComparison.Ordinal) || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal)
                || name.StartsWith("GATEWAY_", StringComparison.Ordinal) || name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
                || name is "DOTNET_ENVIRONMENT" or InlineSwitch or "DOTNET_gcServer" or "DOTNET_TieredPGO" or "DOTNET_TieredCompilation" or "DOTNET_LAUNCH_PROFILE")
            {
                environment[name] = null;
            }
        }

        if (inline)
        {
            environment[InlineSwitch] = "1";
        }

        return environment;
    }

    public static async Task<string> VersionAsync(string file, string argument)
    {
        using var process = Process.Start(new ProcessStartInfo(file, [argument]) { RedirectStandardOutput = true, RedirectStandardError = true });
        var text = await process!.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return text.Split('\n')[0].Trim();
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new BenchException("The bench runs from its repository: no Gateway.sln above it.");
    }
}
