using Gateway.Bench.Processes;

namespace Gateway.Bench.Targets;

/// <summary>Programs of the system; installed from Debian's packages when they are missing and the bench may.</summary>
internal static class Tools
{
    private static readonly string[] _folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/sbin", "/usr/local/sbin"];

    public static string? Find(string program) =>
        _folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    public static async Task<string> FindAsync(string program, string package, CancellationToken cancellationToken)
    {
        if (Find(program) is { } found)
        {
            return found;
        }

        if (Environment.UserName == "root" && Find("apt-get") is { } apt)
        {
            Console.Error.WriteLine($"Installing {package} (without starting its service) ...");
            var folder = Directory.CreateTempSubdirectory("bench-apt-").FullName;

            // RUNLEVEL keeps Debian's scripts from starting the service that comes with the package.
            await using var install = ChildProcess.Start("apt-get", folder,
                new Dictionary<string, string?> { ["DEBIAN_FRONTEND"] = "noninteractive", ["RUNLEVEL"] = "1" },
                apt, "install", "-y", "--no-install-recommends", package);
            await install.WaitAsync(cancellationToken);
            Directory.Delete(folder, recursive: true);
        }

        return Find(program) ?? throw new BenchException($"{program} is missing: apt-get install {package}");
    }
}
