using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Moderation.Checks;

namespace Gateway.Moderation.Policies;

/// <summary>A policy of the document, ready to run. Immutable, thread-safe.</summary>
internal sealed class ModerationPolicy(string name, bool required, IReadOnlyList<IModerationCheck> checks)
{
    public string Name => name;

    /// <summary>Whether a check that fails blocks.</summary>
    public bool Required => required;

    /// <summary>In the order of the document.</summary>
    public IReadOnlyList<IModerationCheck> Checks => checks;

    /// <summary>Whether a check runs an expression, whose time is bounded but not by much.</summary>
    public bool HasPatterns { get; } = checks.Any(static check => check is PatternCheck);
}

/// <summary>All policies of one generation of the document.</summary>
internal sealed record PolicySnapshot(FrozenDictionary<string, ModerationPolicy> Policies, long MaxBodyBytes, long Generation)
{
    /// <exception cref="ModerationConfigurationException">A check cannot be built; the message names policy and check.</exception>
    public static PolicySnapshot Build(GatewayConfig config, long generation) => new(
        config.Moderation.Policies.ToFrozenDictionary(static entry => entry.Key, static entry => Build(entry.Value), StringComparer.Ordinal),
        config.Server.MaxBodyBytes,
        generation);

    private static ModerationPolicy Build(ModerationPolicyConfig config)
    {
        var checks = new IModerationCheck[config.Input.Count];
        for (var index = 0; index < checks.Length; index++)
        {
            checks[index] = Build(config.Input[index], index + 1, config.Name);
        }

        return new ModerationPolicy(config.Name, config.Mode == ModerationMode.Required, checks);
    }

    private static IModerationCheck Build(ModerationCheckConfig config, int position, string policy)
    {
        try
        {
            return config.Pattern is null ? new KeywordCheck($"keywords_{position}", config) : new PatternCheck($"regex_{position}", config);
        }
        catch (ModerationConfigurationException error)
        {
            throw new ModerationConfigurationException($"moderation.policies.{policy}: {error.Message}");
        }
    }
}
