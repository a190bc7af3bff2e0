namespace Gateway.Simulator.Hosting;

/// <summary>What the environment says about this provider. Read once at start.</summary>
internal sealed record SimulatorOptions
{
    /// <summary>Environment variable <c>SIMULATOR_SEED</c>: another seed, other answers. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary><c>SIMULATOR_KEYS</c>, comma-separated: the credentials that are accepted. Empty accepts any that is not blank.</summary>
    public IReadOnlySet<string> Keys { get; init; } = new HashSet<string>();

    /// <summary><c>SIMULATOR_MODELS</c>, comma-separated: the models that exist. Empty: a usual list is shown and any name is served.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary><c>SIMULATOR_RECORDINGS</c>: folder of recorded exchanges to play, or null.</summary>
    public string? Recordings { get; init; }

    /// <exception cref="SimulatorConfigurationException">A variable has a value that cannot be used.</exception>
    public static SimulatorOptions From(IConfiguration configuration)
    {
        var seed = 1UL;
        if (configuration["SIMULATOR_SEED"] is { Length: > 0 } text && !ulong.TryParse(text, out seed))
        {
            throw new SimulatorConfigurationException($"SIMULATOR_SEED must be a whole number from 0 to {ulong.MaxValue}.");
        }

        var folder = configuration["SIMULATOR_RECORDINGS"];
        if (string.IsNullOrEmpty(folder))
        {
            folder = null;
        }
        else if (!Directory.Exists(folder))
        {
            throw new SimulatorConfigurationException("SIMULATOR_RECORDINGS must name an existing folder.");
        }

        return new SimulatorOptions
        {
            Seed = seed,
            Keys = Split(configuration["SIMULATOR_KEYS"]).ToHashSet(StringComparer.Ordinal),
            Models = Split(configuration["SIMULATOR_MODELS"]),
            Recordings = folder,
        };
    }

    private static string[] Split(string? list) =>
        (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

/// <summary>The Simulator cannot start with this environment; the message says what to change.</summary>
internal sealed class SimulatorConfigurationException(string message) : Exception(message);
