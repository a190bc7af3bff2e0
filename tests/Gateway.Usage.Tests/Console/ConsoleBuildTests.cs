using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Gateway.Usage.Tests.Console;

/// <summary>What the build does for the console, and what it says where it cannot: <c>Console.targets</c> in a project of its own, with an npm that does as it is told.</summary>
public sealed class ConsoleBuildTests : IDisposable
{
    private const string Npm = """
        #!/bin/sh
        echo "$1" >> "$NPM_SEEN"
        case "$NPM_FAILS" in *"$1"*) echo "npm's own words about $1" >&2; exit 7;; esac
        case "$1" in
          ci) mkdir -p node_modules && touch node_modules/.package-lock.json;;
          run) for last; do :; done; echo bundled > "${last#--outdir=}/console.js";;
        esac
        """;

    private readonly string _root = Directory.CreateTempSubdirectory("console-build-").FullName;

    public ConsoleBuildTests()
    {
        Write("web/src/icon.svg", "<svg/>");
        Write("web/package-lock.json", "{}");
        Write("bin/npm", Npm);
        Write("the.proj", $"""
            <Project DefaultTargets="Show">
              <PropertyGroup>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <BaseIntermediateOutputPath>obj/</BaseIntermediateOutputPath>
                <ConsoleWeb>{_root}/web/</ConsoleWeb>
              </PropertyGroup>
              <Import Project="{Targets()}" />
              <Target Name="Show" DependsOnTargets="EmbedConsole"><Message Importance="high" Text="embedded: @(EmbeddedResource->'%(LogicalName)', ' ')." /></Target>
            </Project>
            """);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Combine(_root, "bin", "npm"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private string Seen => Path.Combine(_root, "seen");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task What_npm_bundles_is_embedded_and_made_once()
    {
        for (var i = 0; i < 2; i++)
        {
            var (exit, said) = await BuildAsync("");

            Assert.Equal(0, exit);
            Assert.Contains("embedded: console/console.js console/icon.svg.", said, StringComparison.Ordinal);
            Assert.DoesNotContain("warning", said, StringComparison.Ordinal);
            Assert.Equal(["--version", "ci", "run"], await File.ReadAllLinesAsync(Seen));
        }
    }

    [Theory]
    [InlineData("--version", "GATEWAY001", "Install Node.js 20 or newer with npm")]
    [InlineData("ci", "GATEWAY002", "npm config get registry")]
    public async Task Where_the_tools_cannot_be_had_the_build_says_what_to_do_and_goes_on(string fails, string code, string advice)
    {
        // What is left of an older build does not fit the pages.
        Write("obj/console/console.js", "old");
        File.SetLastWriteTimeUtc(Path.Combine(_root, "obj", "console", "console.js"), DateTime.UnixEpoch.AddYears(40));

        var (exit, said) = await BuildAsync(fails);

        Assert.Equal(0, exit);
        Assert.Contains($"warning {code}: The console is built without its scripts and styles", said, StringComparison.Ordinal);
        Assert.Contains(advice, said, StringComparison.Ordinal);
        Assert.Contains("embedded: .", said, StringComparison.Ordinal);
        Assert.Equal(fails == "ci", said.Contains("npm's own words about ci", StringComparison.Ordinal));

        (exit, said) = await BuildAsync("");
        Assert.Equal(0, exit);
        Assert.Contains("embedded: console/console.js console/icon.svg.", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_bundled_is_an_error()
    {
        var (exit, said) = await BuildAsync("run");

        Assert.NotEqual(0, exit);
        Assert.Contains("error GATEWAY003: The console's scripts and styles", said, StringComparison.Ordinal);
        Assert.Contains("npm's own words about run", said, StringComparison.Ordinal);
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text.ReplaceLineEndings("\n"));
    }

    private async Task<(int Exit, string Said)> BuildAsync(string npmFails)
    {
        var info = new ProcessStartInfo("dotnet", ["msbuild", "the.proj", "-nologo", "-nodeReuse:false"]) { WorkingDirectory = _root, RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 };
        info.Environment["PATH"] = $"{_root}/bin:{Environment.GetEnvironmentVariable("PATH")}";
        info.Environment["NPM_SEEN"] = Seen;
        info.Environment["NPM_FAILS"] = npmFails;
        info.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        using var process = Process.Start(info)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            var said = await process.StandardOutput.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, said);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string Targets([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "Gateway.Usage", "Console", "Console.targets"));
}
