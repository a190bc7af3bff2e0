namespace Gateway.AppHost.Tests;

/// <summary>A data folder of its own. Its path is in the environment of every service of the run, which makes them easy to find.</summary>
internal sealed class DataFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("gateway-apphost-").FullName;

    /// <summary>The running processes of this run, by the name of their resource.</summary>
    public IReadOnlyList<ServiceProcess> Services() =>
        [.. Directory.EnumerateDirectories("/proc").Select(TryRead).OfType<ServiceProcess>().Where(p => p.Environment.GetValueOrDefault("GATEWAY_DATA") == Path && p.Name.Length > 0)];

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static ServiceProcess? TryRead(string folder)
    {
        if (!int.TryParse(System.IO.Path.GetFileName(folder), out var id)) { return null; }
        try
        {
            var variables = File.ReadAllText(System.IO.Path.Combine(folder, "environ")).Split('\0', StringSplitOptions.RemoveEmptyEntries)
                .Select(static v => v.Split('=', 2)).Where(static v => v.Length == 2).DistinctBy(static v => v[0]).ToDictionary(static v => v[0], static v => v[1]);
            return new ServiceProcess(id, variables);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

internal sealed record ServiceProcess(int Id, IReadOnlyDictionary<string, string> Environment)
{
    public string Name => Environment.GetValueOrDefault("OTEL_SERVICE_NAME", "");
}
