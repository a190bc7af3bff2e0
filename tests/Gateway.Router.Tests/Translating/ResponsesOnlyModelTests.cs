using Gateway.Core.Configuration;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Translating;

/// <summary>Models that OpenAI serves through its responses endpoint alone.</summary>
public sealed class ResponsesOnlyModelTests
{
    [Theory]
    [InlineData("gpt-5.1-codex", "/v1/responses")]
    [InlineData("gpt-5.1", "/v1/chat/completions")]
    public async Task Chat_WithAModelOfTheResponsesEndpoint_IsAskedThere(string model, string path)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("""
            {"id":"resp_1","object":"response","status":"completed","model":"m","output":[{"type":"message","id":"msg_1","role":"assistant","status":"completed",
             "content":[{"type":"output_text","text":"hello","annotations":[]}]}],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}
            """);
        var provider = TestConfig.Provider(upstream.Url) with { Quirks = new QuirksConfig { Responses = true } };
        var config = TestConfig.For(provider) with { Models = TestConfig.Group("gpt-test", new DeploymentConfig { Provider = "up", Model = model }) };
        await using var router = await RouterHost.StartAsync(config);

        using var response = await router.SendAsync(Requests.Plain);
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(path, Assert.Single(upstream.Seen).Path);
        Assert.Equal(path.EndsWith("responses", StringComparison.Ordinal), body.Contains("\"object\":\"chat.completion\"", StringComparison.Ordinal));
    }
}
