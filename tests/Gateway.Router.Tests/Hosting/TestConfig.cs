using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Core.Money;

namespace Gateway.Router.Tests.Hosting;

/// <summary>Small configurations: one provider "up", one group "gpt-test" on it.</summary>
internal static class TestConfig
{
    public const string Key = "sk-provider-key-1";

    public static readonly TokenPrice Price = new(Input: 2_000_000_000, CachedInput: 1_000_000_000, CacheWrite: 2_000_000_000, Output: 10_000_000_000);

    public static readonly TimeoutConfig Timeouts = new();

    public static ProviderConfig Provider(string url, string name = "up") => new()
    {
        Name = name,
        Protocol = ProviderProtocol.OpenAI,
        BaseUrl = new Uri(url + "/v1"),
        Keys = [KeyOf(Key)],
        Internal = true,
    };

    public static ProviderKeyConfig KeyOf(string secret) => new() { Secret = secret };

    public static GatewayConfig For(string url) => For(Provider(url));

    public static GatewayConfig For(params ProviderConfig[] providers) => new()
    {
        Server = new ServerConfig(),
        Providers = providers.ToFrozenDictionary(static provider => provider.Name),
        Models = Group("gpt-test", new DeploymentConfig { Provider = providers[0].Name, Model = "real-model", Price = Price }),
        Aliases = FrozenDictionary<string, string>.Empty,
        Resolve = new ResolveConfig(),
        Keys = [],
        Moderation = new ModerationConfig { Policies = FrozenDictionary<string, ModerationPolicyConfig>.Empty },
    };

    /// <summary>The same with one attempt for each request.</summary>
    public static GatewayConfig Once(GatewayConfig config) => config with { Models = config.Models.Values.ToFrozenDictionary(static group => group.Name, static group => group with { Attempts = 1 }) };

    public static FrozenDictionary<string, ModelGroupConfig> Group(string name, params DeploymentConfig[] deployments) =>
        new Dictionary<string, ModelGroupConfig> { [name] = new() { Name = name, Deployments = deployments } }.ToFrozenDictionary();

    public static GatewayConfig WithTimeouts(string url, TimeoutConfig timeouts) => For(Provider(url) with { Timeouts = timeouts });
}
