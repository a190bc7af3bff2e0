using System.Reflection;

namespace Gateway.Rig;

/// <summary>Where the built services lie. Written into the assembly by the build, so that no test guesses at folders.</summary>
public static class RigPaths
{
    public static string RepositoryRoot { get; } = Metadata("RepositoryRoot");

    public static string Recordings { get; } = Path.Combine(RepositoryRoot, "tests", "recordings");

    private static string Configuration { get; } = Metadata("Configuration");

    public static string ServiceAssembly(string project) =>
        Path.Combine(RepositoryRoot, project, "bin", Configuration, "net10.0", project + ".dll");

    private static string Metadata(string key)
    {
        foreach (var attribute in typeof(RigPaths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>())
        {
            if (attribute.Key == key && attribute.Value is { } value)
            {
                return value;
            }
        }

        throw new InvalidOperationException($"The rig was built without {key}.");
    }
}
