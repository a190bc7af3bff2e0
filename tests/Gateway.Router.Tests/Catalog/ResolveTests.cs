using System.Collections.Frozen;
using System.Net;
using System.Text.Json.Nodes;
using Gateway.Core.Configuration;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Catalog;

public sealed class ResolveTests
{
    [Theory]
    [InlineData("gpt-test", "one/real-model")]
    [InlineData("fast", "one/real-model")]
    [InlineData("direct", "two/some/model")]
    [InlineData("two/any", "two/any")]
    [InlineData("two/vendor/any:free", "two/vendor/any:free")]
    [InlineData("claude-3", "two/claude-3")]
    [InlineData("claude-3-opus", "one/claude-3-opus")]
    [InlineData("something", "one/something")]
    [InlineData("nobody/x", "one/nobody/x")]
    public async Task Model_OfEachForm_LeadsToItsDeployment(string model, string deployment)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(Config(upstream.Url));

        using var response = await router.SendAsync(Requests.Plain.Replace("gpt-test", model, StringComparison.Ordinal));

        Assert.Equal(deployment, Assert.Single(response.Headers.GetValues("x-gateway-deployment")));
        Assert.Equal(deployment[4..], JsonNode.Parse(upstream.Seen[0].Text)!["model"]!.GetValue<string>());
        Assert.Equal(deployment is "one/real-model", router.Journal.Intents[0].Price is not null);
    }

    [Fact]
    public async Task Model_ByProviderNameOfAPricedDeployment_HasItsPrice()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(Config(upstream.Url));
        using var response = await router.SendAsync(Requests.Plain.Replace("gpt-test", "one/real-model", StringComparison.Ordinal));
        Assert.Equal(70_000, router.Journal.Finals[0].CostNanoUsd);
    }

    [Fact]
    public async Task Model_ThatNothingResolves_Is404()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);
        using var response = await router.SendAsync(Requests.Plain.Replace("gpt-test", "nobody", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("\"model_not_found\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one", "two/any", 403)]
    [InlineData("t*", "two/any", 200)]
    [InlineData("t*", "gpt-test", 403)]
    [InlineData("", "gpt-test", 403)]
    public async Task Provider_ThatTheKeyMayNotUse_IsNoCandidate(string allowed, string model, int status)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(Config(upstream.Url));
        using var response = await router.SendAsync(
            Requests.Plain.Replace("gpt-test", model, StringComparison.Ordinal), claims: claims => claims with { AllowedProviders = allowed.Length == 0 ? [] : [allowed] });
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("gpt-*", "gpt-test", 200)]
    [InlineData("gpt-*", "fast", 200)]
    [InlineData("fast", "fast", 200)]
    [InlineData("fast", "gpt-test", 403)]
    [InlineData("two/*", "direct", 200)]
    [InlineData("two/*", "gpt-test", 403)]
    [InlineData("real-model", "gpt-test", 403)]
    [InlineData("", "gpt-test", 403)]
    public async Task Model_ThatTheKeyMayNotUse_IsRefusedByNameAndTarget(string allowed, string model, int status)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(Config(upstream.Url));
        using var response = await router.SendAsync(
            Requests.Plain.Replace("gpt-test", model, StringComparison.Ordinal), claims: claims => claims with { AllowedModels = allowed.Length == 0 ? [] : [allowed] });
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 403, (await response.Content.ReadAsStringAsync()).Contains("\"model_forbidden\"", StringComparison.Ordinal));
        Assert.Equal(status == 200 ? 1 : 0, upstream.Seen.Count);
    }

    [Fact]
    public async Task Config_Changes_NextRequestSeesItAndTheRunningOneEndsAsItBegan()
    {
        var reached = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        await using var before = await UpstreamServer.StartAsync(async context =>
        {
            reached.SetResult();
            await go.Task;
            await UpstreamServer.WriteJsonAsync(context, Requests.Answer);
        });
        await using var after = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(before);

        var running = router.SendAsync(Requests.Plain);
        await reached.Task.WaitAsync(RouterHost.Patience);
        router.Config.Change(TestConfig.For(after.Url));
        using var next = await router.SendAsync(Requests.Plain);
        go.SetResult();
        using var first = await running;

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, next.StatusCode));
        Assert.Single(before.Seen);
        Assert.Single(after.Seen);
    }

    [Fact]
    public async Task Weights_OfAGroup_AreKeptAndSpread()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        var config = Config(upstream.Url) with
        {
            Models = TestConfig.Group("gpt-test", new() { Provider = "one", Model = "a", Weight = 5 }, new() { Provider = "two", Model = "b", Weight = 1 }, new() { Provider = "two", Model = "c", Weight = 1 }),
        };
        await using var router = await RouterHost.StartAsync(config);
        for (var i = 0; i < 14; i++)
        {
            using var response = await router.SendAsync(Requests.Plain);
        }

        Assert.Equal("aabacaaaabacaa", string.Concat(router.Journal.Intents.Select(static intent => intent.Deployment[^1])));
    }

    private static GatewayConfig Config(string url) => TestConfig.For(TestConfig.Provider(url, "one"), TestConfig.Provider(url, "two")) with
    {
        Aliases = new Dictionary<string, string> { ["fast"] = "gpt-test", ["direct"] = "two/some/model" }.ToFrozenDictionary(),
        Resolve = new ResolveConfig { DefaultProvider = "one", Prefixes = [new("claude-*", "two"), new("claude-3-*", "one")] },
    };
}
