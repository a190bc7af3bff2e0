using System.Collections.Frozen;
using Gateway.Core.Configuration;

namespace Gateway.Usage.Tests;

/// <summary>The configuration in force, changed by the test.</summary>
internal sealed class FixedConfig : IConfigStore
{
    private static readonly GatewayConfig Empty = new()
    {
        Server = new ServerConfig(),
        Providers = FrozenDictionary<string, ProviderConfig>.Empty,
        Models = FrozenDictionary<string, ModelGroupConfig>.Empty,
        Aliases = FrozenDictionary<string, string>.Empty,
        Resolve = new ResolveConfig(),
        Keys = [],

        // Requests of tests have fixed times, which get older and older.
        Usage = new UsageConfig { Retention = TimeSpan.FromDays(3650) },
        Moderation = new ModerationConfig { Policies = FrozenDictionary<string, ModerationPolicyConfig>.Empty },
    };

    public ConfigSnapshot Current { get; private set; } = new(Empty, 1, "", "test");

    public string? Problem => null;

    public void Change(Func<GatewayConfig, GatewayConfig> change) => Current = Current with { Config = change(Current.Config), Generation = Current.Generation + 1 };

    public IDisposable OnChange(Action<ConfigSnapshot> build) => throw new NotSupportedException();
}
