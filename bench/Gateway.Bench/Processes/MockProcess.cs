using System.Globalization;

namespace Gateway.Bench.Processes;

internal static class MockProcess
{
    private static readonly Dictionary<string, string?> _environment = new()
    {
        // One thread, next to no heap: tiering pays, a second GC thread does not.
        ["DOTNET_gcServer"] = "0",
    };

    /// <summary>This program as the mock upstream. It ends by itself when the bench is gone.</summary>
    public static ChildProcess Start(int port, string folder) => ChildProcess.Start("mock", folder, _environment,
        "dotnet", Path.Combine(AppContext.BaseDirectory, "Gateway.Bench.dll"), "mock",
        "--port", port.ToString(CultureInfo.InvariantCulture),
        "--parent", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
}
