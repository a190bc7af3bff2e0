namespace Gateway.Core.Tests;

internal static class RepositoryFiles
{
    /// <summary>The folder of the solution, above wherever the tests run.</summary>
    public static string Root { get; } = FindRoot();

    public static string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Gateway.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Gateway.sln is nowhere above the tests.");
        }

        return folder;
    }
}
