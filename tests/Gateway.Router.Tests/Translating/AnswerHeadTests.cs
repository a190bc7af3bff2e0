using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Translating;

/// <summary>What the head of a translated answer says besides the answer, and the settings that steer it.</summary>
public sealed class AnswerHeadTests
{
    private const string Ask = """{"model":"gpt-test","max_tokens":50,"messages":[{"role":"user","content":"how many tokens are these"}]}""";
    private const string Uncounted = """{"id":"a","model":"real-model-1","choices":[{"index":0,"message":{"role":"assistant","content":"one"},"finish_reason":"stop"}]}""";

    private static readonly LlmEndpoint Messages = new("/v1/messages", LlmOperation.Messages);
    private static readonly LlmEndpoint CountTokens = new("/v1/messages/count_tokens", LlmOperation.MessagesCountTokens);

    [Fact]
    public async Task CountOfTokens_UpstreamHasNoCounter_IsEstimatedSaysSoAndCostsNothing()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("{}");
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync("""{"model":"gpt-test","messages":[{"role":"user","content":"how many tokens are these"}]}""", CountTokens);
        var counted = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("input_tokens").GetInt64();

        // 25 bytes, four to a token, and four around the turn.
        Assert.Equal((200, 11L), ((int)response.StatusCode, counted));
        Assert.Equal("estimated", response.Headers.GetValues("x-gateway-usage").Single());
        Assert.Empty(upstream.Seen);
        Assert.Empty(router.Journal.Intents);
    }

    [Theory]
    [InlineData(Uncounted, true)]
    [InlineData(Requests.Answer, false)]
    public async Task Answer_UpstreamCountedNothing_SaysThatTheCountsAreOurs(string answer, bool estimated)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(answer);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Ask, Messages);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(estimated, response.Headers.Contains("x-gateway-usage"));
    }

    [Theory]
    [InlineData(false, "gpt-test")]
    [InlineData(true, "real-model")]
    public async Task EchoModel_OfTheRoute_DecidesWhichNameTheAnswerShows(bool upstreams, string name)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        var config = TestConfig.For(upstream.Url);
        var group = config.Models["gpt-test"] with { Translation = new TranslationConfig { EchoUpstreamModel = upstreams } };
        await using var router = await RouterHost.StartAsync(config with { Models = System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary([KeyValuePair.Create("gpt-test", group)]) });

        using var response = await router.SendAsync(Ask, Messages);

        Assert.Equal(name, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("model").GetString());
    }

    [Fact]
    public async Task RetryDelay_InGeminisBody_BecomesTheHeaderThatEveryClientReads()
    {
        const string Limited = """{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"7s"}]}}""";
        await using var upstream = await UpstreamServer.StartJsonAsync(Limited, 429);
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Protocol = ProviderProtocol.Gemini }));

        using var response = await router.SendAsync(Ask, Messages);

        Assert.Equal((429, "7", "7000"), ((int)response.StatusCode, response.Headers.GetValues("retry-after").Single(), response.Headers.GetValues("retry-after-ms").Single()));
    }
}
