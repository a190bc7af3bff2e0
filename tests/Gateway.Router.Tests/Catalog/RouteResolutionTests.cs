using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Requests;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Catalog;

/// <summary>What a whole request meets on its way to its candidates.</summary>
public sealed class RouteResolutionTests
{
    private const string Steered = """{"model":"gpt-test","provider":{"only":["up"]},"messages":[{"role":"user","content":"hi"}]}""";

    [Fact]
    public async Task The_model_of_the_path_answers_whatever_the_body_names()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(
            Requests.Plain.Replace("gpt-test", "unknown", StringComparison.Ordinal), claims: static claims => claims with { RouteModel = "gpt-test", AllowedModels = ["gpt-test"] });

        Assert.Equal("up/real-model", Assert.Single(response.Headers.GetValues("x-gateway-deployment")));
        Assert.Equal("real-model", JsonDocument.Parse(upstream.Seen[0].Text).RootElement.GetProperty("model").GetString());
        Assert.Equal("gpt-test", router.Journal.Intents[0].RequestedModel);
    }

    [Fact]
    public async Task Permission_goes_by_the_model_of_the_path()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(
            Requests.Plain.Replace("gpt-test", "unknown", StringComparison.Ordinal), claims: static claims => claims with { RouteModel = "gpt-test", AllowedModels = ["unknown"] });

        Assert.Equal((403, "model_forbidden"), await ErrorAsync(response));
        Assert.Empty(upstream.Seen);
    }

    [Theory]
    [InlineData("""{"model":"gpt-test","tools":[{"type":"function","function":{"name":"f"}}],"messages":[{"role":"user","content":"hi"}]}""", 400, "unsupported_capability")]
    [InlineData("""{"model":"gpt-test","max_tokens":101,"messages":[{"role":"user","content":"hi"}]}""", 400, "context_length_exceeded")]
    [InlineData("""{"model":"gpt-test","max_tokens":50,"messages":[{"role":"user","content":"hi"}]}""", 200, "")]
    public async Task What_the_model_cannot_do_is_refused_before_anything_is_sent(string body, int status, string code)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url) with
        {
            Models = TestConfig.Group("gpt-test", new DeploymentConfig { Provider = "up", Model = "real-model", Supports = ModelCapabilities.None, Context = 100 }),
        });

        using var response = await router.SendAsync(body);

        Assert.Equal((status, code), await ErrorAsync(response));
        Assert.Equal(status == 200 ? 1 : 0, upstream.Seen.Count);
    }

    [Theory]
    [InlineData(true, true, 200, "")]
    [InlineData(false, true, 403, "model_forbidden")]
    [InlineData(true, false, 400, "ambiguous_request")]
    public async Task Steering_must_be_allowed_and_be_what_was_signed(bool maySteer, bool isSigned, int status, string code)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Steered, claims: claims => claims with { MaySteer = maySteer, Steering = isSigned ? claims.Steering : 7 });

        Assert.Equal((status, code), await ErrorAsync(response));
    }

    [Fact]
    public async Task A_public_group_serves_without_patterns_and_others_do_not()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        var config = TestConfig.For(upstream.Url);
        await using var router = await RouterHost.StartAsync(config with
        {
            Models = new[]
            {
                config.Models["gpt-test"] with { Access = AccessLevel.Public }, config.Models["gpt-test"] with { Name = "inner", Access = AccessLevel.Internal },
            }.ToFrozenDictionary(static group => group.Name),
        });

        using var open = await router.SendAsync(Requests.Plain, claims: Nobody);
        using var closed = await router.SendAsync(Requests.Plain.Replace("gpt-test", "inner", StringComparison.Ordinal), claims: Nobody);

        Assert.Equal((200, 403), ((int)open.StatusCode, (int)closed.StatusCode));
    }

    private static ContextClaims Nobody(ContextClaims claims) => claims with { KeyId = ContextClaims.PublicKeyId, Team = "", AllowedModels = [] };

    private static async Task<(int Status, string Code)> ErrorAsync(HttpResponseMessage response)
    {
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        return ((int)response.StatusCode, body.TryGetProperty("error", out var error) ? error.GetProperty("code").GetString()! : "");
    }
}
