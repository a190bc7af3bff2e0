using System.Collections.Frozen;
using Gateway.Core.Catalog;
using Gateway.Core.Configuration;
using Gateway.Core.Context;

namespace Gateway.Core.Tests.Catalog;

public sealed class ModelDirectoryTests
{
    private static readonly ModelDirectory Directory = new(Config());

    [Theory]
    [InlineData("gpt-4o", "gpt-4o", "one,two", "", true)]
    [InlineData("one/gpt-4o", "one/gpt-4o", "one", "gpt-4o", false)]
    [InlineData("fast", "gpt-4o", "one,two", "", true)]
    [InlineData("direct", "two/some/model", "two", "some/model", false)]
    [InlineData("two/vendor/any:free", "two/vendor/any:free", "two", "vendor/any:free", false)]
    [InlineData("claude-3", "claude-3", "two", "claude-3", false)]
    [InlineData("claude-3-opus", "claude-3-opus", "one", "claude-3-opus", false)]
    [InlineData("anything", "anything", "one", "anything", false)]
    [InlineData("nobody/x", "nobody/x", "one", "nobody/x", false)]
    [InlineData("GPT-4o", "GPT-4o", "one", "GPT-4o", false)]
    public void A_name_leads_to_the_first_that_fits(string name, string target, string providers, string upstream, bool isGroup)
    {
        var found = Directory.Resolve(name)!;

        Assert.Equal((name, target, providers, upstream, isGroup), (found.Name, found.Target, string.Join(',', found.Providers), found.UpstreamModel, found.Group is not null));
    }

    [Theory]
    [InlineData("GPT-4o")]
    [InlineData("nobody/x")]
    [InlineData("one/")]
    [InlineData("/gpt-4o")]
    [InlineData("dead")]
    [InlineData("")]
    public void Without_a_default_provider_unknown_names_lead_nowhere(string name) =>
        Assert.Null(new ModelDirectory(Config() with { Resolve = new ResolveConfig() }).Resolve(name));

    [Fact]
    public void A_dead_alias_is_not_taken_for_a_model_of_the_default_provider() => Assert.Null(Directory.Resolve("dead"));

    [Theory]
    [InlineData("gpt-4o:latest", "gpt-4o")]
    [InlineData("gpt-4o", "gpt-4o")]
    [InlineData("llama", "llama:latest")]
    [InlineData("llama:latest", "llama:latest")]
    [InlineData("llama:7b", "llama:7b")]
    public void Tags_of_Ollama_are_one_name_with_and_without_latest(string asked, string name) => Assert.Equal(name, Directory.ResolveTagged(asked)!.Name);

    [Fact]
    public void Names_are_the_groups_and_the_living_aliases_in_order() =>
        Assert.Equal(["direct", "fast", "gpt-4o", "llama:latest", "open", "shared"], Directory.Names.Select(static target => target.Name));

    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("fast")]
    [InlineData("gpt-4o:latest")]
    [InlineData("two/model")]
    [InlineData("claude-3-opus")]
    public void A_known_name_is_resolved_without_allocating(string name) => Assert.Equal(0, Allocated.By(() => Directory.ResolveTagged(name)));

    [Fact]
    public void Invented_names_are_resolved_however_many_there_are()
    {
        var directory = new ModelDirectory(Config());

        Assert.All(Enumerable.Range(0, 3000), index => Assert.Equal($"m{index}", directory.Resolve($"two/m{index}")!.UpstreamModel));
        Assert.Same(directory.Resolve("two/m5"), directory.Resolve("two/m5"));
        Assert.NotSame(directory.Resolve("two/m2999"), directory.Resolve("two/m2999"));
    }

    [Theory]
    [InlineData("gpt-4o", "demo", "gpt-*", true)]
    [InlineData("gpt-4o", "demo", "open", false)]
    [InlineData("fast", "demo", "fast", true)]
    [InlineData("fast", "demo", "gpt-4o", true)]
    [InlineData("two/x", "demo", "two/*", true)]
    [InlineData("two/x", "demo", "gpt-*", false)]
    [InlineData("shared", "demo", "", true)]
    [InlineData("open", "demo", "", true)]
    [InlineData("open", ContextClaims.PublicKeyId, "", true)]
    [InlineData("shared", ContextClaims.PublicKeyId, "*", false)]
    [InlineData("gpt-4o", ContextClaims.PublicKeyId, "*", false)]
    [InlineData("two/x", ContextClaims.PublicKeyId, "*", false)]
    public void Access_levels_decide_who_may_use_a_model(string name, string keyId, string patterns, bool allowed) =>
        Assert.Equal(allowed, ModelPermission.MayUse(Directory.Resolve(name)!, keyId, patterns.Length == 0 ? [] : [patterns]));

    private static GatewayConfig Config() => new()
    {
        Server = new ServerConfig(),
        Providers = new[] { Provider("one"), Provider("two") }.ToFrozenDictionary(static provider => provider.Name),
        Models = new[]
        {
            Group("gpt-4o", AccessLevel.Private, "one", "two", "one"), Group("llama:latest", AccessLevel.Private, "two"),
            Group("shared", AccessLevel.Internal, "one"), Group("open", AccessLevel.Public, "one"),
        }.ToFrozenDictionary(static group => group.Name),
        Aliases = new Dictionary<string, string> { ["fast"] = "gpt-4o", ["direct"] = "two/some/model", ["dead"] = "nowhere" }.ToFrozenDictionary(),
        Resolve = new ResolveConfig { DefaultProvider = "one", Prefixes = [new("claude-*", "two"), new("claude-3-*", "one")] },
        Keys = [],
        Moderation = new ModerationConfig { Policies = FrozenDictionary<string, ModerationPolicyConfig>.Empty },
    };

    private static ProviderConfig Provider(string name) => new() { Name = name, Protocol = ProviderProtocol.OpenAI, BaseUrl = new Uri("http://127.0.0.1:9/v1") };

    private static ModelGroupConfig Group(string name, AccessLevel access, params string[] providers) =>
        new() { Name = name, Access = access, Deployments = [.. providers.Select(provider => new DeploymentConfig { Provider = provider, Model = name })] };
}
