using System.Reflection;

namespace Aspire.Hosting;

internal static class AssemblyMetadata
{
    /// <summary>What the build wrote into the AppHost's assembly under this key (see Aspire.AppHost.Sdk/Sdk.targets).</summary>
    public static string? Metadata(this Assembly assembly, string key) =>
        assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == key)?.Value;
}
