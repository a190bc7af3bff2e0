using Gateway.Core.Configuration.Store;

namespace Gateway.Core.Configuration;

/// <summary>Reads the configuration once, for commands that do not serve.</summary>
public static class GatewayConfigFile
{
    /// <summary>The document with the catalogue of prices that it names.</summary>
    /// <param name="path">Path of the document; null or empty for the one that follows from the environment.</param>
    /// <param name="environment">Value of a variable, or null when it is not set.</param>
    /// <exception cref="GatewayConfigurationException">It is bad or there is none; the message tells all of it.</exception>
    public static GatewayConfig Load(string? path, Func<string, string?> environment)
    {
        var first = ConfigStore.LoadFirst(new ConfigSource(path, environment));
        return first.Catalogue?.Current is { } catalogue ? catalogue.Apply(first.Config) : first.Config;
    }
}
