using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Core.Tests;
using Gateway.Router.Catalog;
using Gateway.Router.Protocols;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Catalog;

/// <summary>A group of three: one/small can little and is cheap, two/large can everything and is dear, claude/unknown says nothing of itself.</summary>
public sealed class CandidateFilterTests : IAsyncLifetime
{
    private const string All = "one/small two/large claude/unknown";

    private RouterHost _router = null!;

    public async Task InitializeAsync() => _router = await RouterHost.StartAsync(Config());

    public async Task DisposeAsync() => await _router.DisposeAsync();

    [Theory]
    [InlineData("*", "*", All)]
    [InlineData("gpt-test", "one,claude", "one/small claude/unknown")]
    [InlineData("fast", "*", "")]
    [InlineData("*", "t*", "two/large")]
    [InlineData("*", "nobody", "")]
    [InlineData("other", "*", "")]
    public void Key_decides_by_its_patterns(string models, string providers, string left) =>
        Assert.Equal(left, Left(Request(claims => claims with { AllowedModels = models.Split(','), AllowedProviders = providers.Split(',') })));

    [Theory]
    [InlineData(AccessLevel.Private, "demo", "", "")]
    [InlineData(AccessLevel.Internal, "demo", "", All)]
    [InlineData(AccessLevel.Internal, "public", "*", "")]
    [InlineData(AccessLevel.Public, "public", "", All)]
    public void Access_decides_before_patterns(AccessLevel access, string keyId, string models, string left)
    {
        _router.Config.Change(Config(access));

        Assert.Equal(left, Left(Request(claims => claims with { KeyId = keyId, AllowedModels = models.Length == 0 ? [] : [models] })));
    }

    [Theory]
    [InlineData("region=eu", "one/small two/large")]
    [InlineData("region=us", "")]
    [InlineData("region=eu retention=none", "two/large")]
    [InlineData("region=e", "")]
    [InlineData("regio=neu", "")]
    [InlineData("region=eu2", "")]
    public void Tags_of_deployment_and_provider_must_all_be_there(string tags, string left) =>
        Assert.Equal(left, Left(Request(claims => claims with { RequiredTags = tags.Split(' ') })));

    [Theory]
    [InlineData(ModelCapabilities.Tools, All)]
    [InlineData(ModelCapabilities.Vision, "two/large claude/unknown")]
    [InlineData(ModelCapabilities.Tools | ModelCapabilities.JsonSchema, "two/large claude/unknown")]
    [InlineData(ModelCapabilities.Reasoning, "claude/unknown")]
    public void Deployment_that_says_what_it_can_must_be_able_to(ModelCapabilities needs, string left) =>
        Assert.Equal(left, Left(Request() with { Needs = new RequestNeeds(needs, 0) }));

    [Theory]
    [InlineData(1000, -1, All)]
    [InlineData(1001, -1, "two/large claude/unknown")]
    [InlineData(900, 100, All)]
    [InlineData(900, 101, "two/large claude/unknown")]
    [InlineData(100_001, -1, "claude/unknown")]
    public void Input_and_output_must_fit_the_window(long input, long cap, string left) =>
        Assert.Equal(left, Left(Request() with { Needs = new RequestNeeds(ModelCapabilities.None, input), OutputCap = cap }));

    [Fact]
    public void Tokens_of_a_request_that_is_too_long_can_be_counted() =>
        Assert.Equal(All, Left(Request() with { Kind = LlmKind.CountTokens, Needs = new RequestNeeds(ModelCapabilities.None, 1_000_000) }));

    [Fact]
    public void Preferences_of_the_request_rule_providers_out()
    {
        Assert.Equal("two/large", Left(Steered(new() { Only = ["two", "nobody"] })));
        Assert.Equal("one/small claude/unknown", Left(Steered(new() { Ignore = ["two"] })));
        Assert.Equal("", Left(Steered(new() { Only = ["two"], Ignore = ["two"] })));
        Assert.Equal("one/small", Left(Steered(new() { MaxInputPrice = 1_000_000_000 })));
        Assert.Equal("one/small two/large", Left(Steered(new() { MaxInputPrice = 5_000_000_000, MaxOutputPrice = 20_000_000_000 })));
        Assert.Equal("", Left(Steered(new() { MaxOutputPrice = 0 })));
        Assert.Equal(All, Left(Steered(new() { Order = ["nobody"], Sort = PreferenceSort.Price })));
    }

    [Theory]
    [InlineData(LlmOperation.Embeddings, "one/small two/large")]
    [InlineData(LlmOperation.ImageGenerations, "one/small two/large")]
    [InlineData(LlmOperation.ChatCompletions, All)]
    public void Provider_must_have_what_is_asked_for(LlmOperation operation, string left) =>
        Assert.Equal(left, Left(Request() with { Call = new ClientCall(operation, "gpt-test", false), Kind = LlmOperations.KindOf(operation) }));

    [Fact]
    public void Group_s_own_list_is_shared_when_all_may_serve()
    {
        var request = Request();
        var group = Group;

        Assert.Same(group.Deployments, CandidateFilter.Filter(group, in request));
        Assert.Equal(0, Allocated.By(() => CandidateFilter.Filter(group, in request)));
    }

    [Fact]
    public void Reasons_name_what_is_missing()
    {
        var request = Request(static claims => claims with { RequiredTags = ["region=eu"] }) with { Needs = new RequestNeeds(ModelCapabilities.Vision | ModelCapabilities.Reasoning, 200_000) };

        Assert.Equal(
            [new Exclusion(ExclusionReason.Capability, "vision, reasoning"), new Exclusion(ExclusionReason.Capability, "reasoning"), new Exclusion(ExclusionReason.Tag, "region=eu")],
            Group.Deployments.Select(deployment => CandidateFilter.Explain(deployment, in request)));
        Assert.Equal(new Exclusion(ExclusionReason.ContextWindow, "about 200000 of 100000 tokens"), Explained(Request() with { Needs = new RequestNeeds(ModelCapabilities.None, 200_000) }, 1));
        Assert.Equal(new Exclusion(ExclusionReason.Price, "unpriced"), Explained(Steered(new() { MaxInputPrice = long.MaxValue }), 2));
        Assert.Equal(new Exclusion(ExclusionReason.None, ""), Explained(Request(), 0));
        Assert.Equal(Enum.GetValues<ExclusionReason>().Length, Enum.GetValues<ExclusionReason>().Select(static reason => new Exclusion(reason, "").Word).Distinct().Count());
    }

    [Fact]
    public void Refusal_names_what_kept_out_the_one_that_was_nearest()
    {
        AssertRefusal(Request(static claims => claims with { AllowedModels = ["other"] }), ExclusionReason.Access, GatewayErrorKind.ModelForbidden, "model", "may not use the model 'gpt-test'");
        AssertRefusal(Request(static claims => claims with { AllowedProviders = ["x"] }), ExclusionReason.Provider, GatewayErrorKind.ModelForbidden, "model", "any provider");
        AssertRefusal(Request(static claims => claims with { RequiredTags = ["region=us"] }), ExclusionReason.Tag, GatewayErrorKind.ModelForbidden, "model", "region=us");
        AssertRefusal(Steered(new() { Only = ["x"] }), ExclusionReason.NotOnly, GatewayErrorKind.InvalidRequest, "provider.only", "provider.only");
        AssertRefusal(Steered(new() { Ignore = ["one", "two", "claude"] }), ExclusionReason.Ignored, GatewayErrorKind.InvalidRequest, "provider.ignore", "provider.ignore");
        AssertRefusal(Steered(new() { MaxInputPrice = 1 }), ExclusionReason.Price, GatewayErrorKind.InvalidRequest, "provider.max_price", "provider.max_price");
        var known = Request(static claims => claims with { AllowedProviders = ["one", "two"] });
        AssertRefusal(known with { Needs = new(ModelCapabilities.Reasoning | ModelCapabilities.Vision, 0) }, ExclusionReason.Capability, GatewayErrorKind.CapabilityMissing, "model", "needs: reasoning.");
        AssertRefusal(
            known with { Needs = new(ModelCapabilities.None, 200_000), OutputCap = 50 }, ExclusionReason.ContextWindow, GatewayErrorKind.ContextLengthExceeded, "messages",
            "This model's maximum context length is 100000 tokens. However, you requested about 200050 tokens (200000 in the messages, 50 in the completion).");
        AssertRefusal(
            known with { Needs = new(ModelCapabilities.None, 200_000) }, ExclusionReason.ContextWindow, GatewayErrorKind.ContextLengthExceeded, "messages", "your messages resulted in about 200000 tokens");
    }

    private void AssertRefusal(RouteRequest request, ExclusionReason why, GatewayErrorKind kind, string param, string text)
    {
        Assert.Empty(CandidateFilter.Filter(Group, in request));
        Assert.Equal(why, CandidateFilter.Why(Group, in request));
        var error = CandidateFilter.Refusal(Group, in request);
        Assert.Equal((kind, param), (error.Kind, error.Param));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    private CatalogSnapshot Catalog => _router.Services.GetRequiredService<ModelCatalog>().Current;

    private ModelGroup Group => Catalog.Resolve("gpt-test")!;

    private Exclusion Explained(RouteRequest request, int deployment) => CandidateFilter.Explain(Group.Deployments[deployment], in request);

    private RouteRequest Steered(RoutePreferences preferences) => Request() with { Preferences = preferences };

    private RouteRequest Request(Func<ContextClaims, ContextClaims>? change = null)
    {
        var claims = RouterHost.ClaimsFor(System.Text.Encoding.UTF8.GetBytes(Requests.Plain), LlmEndpoint.ChatCompletions);
        return new RouteRequest
        {
            Claims = change?.Invoke(claims) ?? claims,
            Target = Catalog.Names.Resolve("gpt-test")!,
            Call = new ClientCall(LlmOperation.ChatCompletions, "gpt-test", Stream: false),
            Kind = LlmKind.Chat,
            OutputCap = -1,
        };
    }

    private string Left(RouteRequest request) => string.Join(' ', CandidateFilter.Filter(Group, in request).Select(static deployment => deployment.Id));

    private static GatewayConfig Config(AccessLevel access = AccessLevel.Private)
    {
        var eu = new Dictionary<string, string> { ["region"] = "eu" }.ToFrozenDictionary();
        var config = TestConfig.For(
            TestConfig.Provider("http://127.0.0.1:9", "one") with { Tags = eu }, TestConfig.Provider("http://127.0.0.1:9", "two"),
            TestConfig.Provider("http://127.0.0.1:9", "claude") with { Protocol = ProviderProtocol.Anthropic });
        var deployments = new[]
        {
            new DeploymentConfig { Provider = "one", Model = "small", Supports = ModelCapabilities.Tools, Context = 1000, Price = new(500_000_000, 0, 0, 1_000_000_000) },
            new DeploymentConfig
            {
                Provider = "two", Model = "large", Supports = ModelCapabilities.Tools | ModelCapabilities.Vision | ModelCapabilities.JsonSchema, Context = 100_000,
                Price = new(5_000_000_000, 0, 0, 20_000_000_000), Tags = new Dictionary<string, string> { ["region"] = "eu", ["retention"] = "none" }.ToFrozenDictionary(),
            },
            new DeploymentConfig { Provider = "claude", Model = "unknown" },
        };
        return config with { Models = new Dictionary<string, ModelGroupConfig> { ["gpt-test"] = new() { Name = "gpt-test", Access = access, Deployments = deployments } }.ToFrozenDictionary() };
    }
}
