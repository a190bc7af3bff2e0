using System.Diagnostics;
using Npgsql;

namespace Gateway.Edge.Tests.Rig;

/// <summary>A real PostgreSQL of the test's own: a cluster in a temporary folder, loopback, not durable.</summary>
public sealed class PostgresProcess : IAsyncLifetime
{
    // Debian's own, which are not on the path.
    private const string DebianFolder = "/usr/lib/postgresql";

    private readonly string _folder = Directory.CreateTempSubdirectory("edge-postgres-").FullName;
    private readonly int _port = RedisProcess.FreePort();
    private int _schemas;

    private string Data => Path.Combine(_folder, "data");

    /// <summary>The whole database, whoever uses it.</summary>
    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres;Include Error Detail=false";

    public async Task InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", ["nobody", _folder], asOwner: false);
        }

        await RunAsync(Program("initdb"), ["-D", Data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        await StartAsync();
    }

    public Task StartAsync() => RunAsync(
        Program("pg_ctl"), ["-D", Data, "-l", Path.Combine(_folder, "log"), "-w", "-t", "60", "-o", $"-p {_port} -h 127.0.0.1 -k {_folder} -F -c max_connections=50", "start"]);

    public Task StopAsync() => RunAsync(Program("pg_ctl"), ["-D", Data, "-m", "immediate", "-w", "stop"]);

    /// <summary>A connection string that sees a schema of its own, empty.</summary>
    public async Task<string> NewSchemaAsync()
    {
        var name = $"test{Interlocked.Increment(ref _schemas)}";
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using var command = source.CreateCommand($"create schema {name}");
        await command.ExecuteNonQueryAsync();
        return $"{ConnectionString};Search Path={name}";
    }

    public async Task DisposeAsync()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
        {
            await StopAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static string Program(string name) => !Directory.Exists(DebianFolder) ? name
        : Directory.EnumerateDirectories(DebianFolder).OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin", name)).FirstOrDefault(File.Exists) ?? name;

    // PostgreSQL refuses to run as root.
    private static async Task RunAsync(string program, string[] arguments, bool asOwner = true)
    {
        var info = asOwner && Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("setpriv", ["--reuid=nobody", "--clear-groups", program, .. arguments])
            : new ProcessStartInfo(program, arguments);
        // Not the pipes: the server keeps them open for as long as it lives. A folder that every user may be in.
        info.WorkingDirectory = Path.GetTempPath();
        info.RedirectStandardOutput = program.EndsWith("initdb", StringComparison.Ordinal);
        using var process = Process.Start(info)!;
        if (info.RedirectStandardOutput)
        {
            await process.StandardOutput.ReadToEndAsync();
        }

        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(120));
        Assert.True(process.ExitCode == 0, $"{Path.GetFileName(program)} ended with {process.ExitCode}.");
    }
}
