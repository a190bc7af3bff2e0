using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Journal;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Processors;

/// <summary>Nothing reaches a model that the policy has not seen: neither what the client wrote, nor what a processor made of it.</summary>
public sealed class ProcessorModerationTests
{
    [Theory]
    [InlineData("strict", null, "strict")]
    [InlineData("", "small-policy", "small-policy")]
    [InlineData("strict", "small-policy", "strict")]
    public async Task Moderation_sees_the_text_before_the_processor_and_what_came_of_it(string policy, string? processors, string asked)
    {
        await using var moderation = await StartModerationAsync(static _ => false);
        await using var upstream = await StartUpstreamAsync();
        await using var router = await StartAsync(upstream, moderation, processors);

        using var response = await router.SendAsync(Requests.Plain, claims: claims => Enhanced(claims, policy));

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(policy.Length > 0 ? ["hi", "hello"] : ["hi"], moderation.Seen.Select(LastContent));
        var claims = RouterHost.Tokens.Verify(moderation.Seen[0].Headers["x-gateway-context"], ContextAudience.Moderation, "/internal/moderation/chat");
        Assert.Equal((asked, router.Journal.Intents[0].RequestId), (claims?.ModerationPolicy, claims?.RequestId));
        Assert.Equal(["hi", "hello"], upstream.Seen.Select(LastContent));
    }

    [Theory]
    [InlineData("hi", 0)]
    [InlineData("hello", 1)]
    public async Task What_the_policy_blocks_goes_no_further(string blocked, int sent)
    {
        await using var moderation = await StartModerationAsync(text => text == blocked);
        await using var upstream = await StartUpstreamAsync();
        await using var router = await StartAsync(upstream, moderation);

        using var response = await router.SendAsync(Requests.Plain, claims: static claims => Enhanced(claims, "strict"));

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains("\"content_blocked\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(sent, upstream.Seen.Count);
        Assert.Equal((RequestEnding.Refused, 400), (router.Journal.Finals[^1].Ending, router.Journal.Finals[^1].Status));
    }

    private static ContextClaims Enhanced(ContextClaims claims, string policy) => claims with { Processors = ["enhance"], ModerationPolicy = policy };

    private static Task<UpstreamServer> StartUpstreamAsync() => UpstreamServer.StartJsonAsync(Requests.Answer);

    private static async Task<UpstreamServer> StartModerationAsync(Func<string?, bool> blocks)
    {
        UpstreamServer? server = null;
        server = await UpstreamServer.StartAsync(async context =>
        {
            var claims = RouterHost.Tokens.Verify(context.Request.Headers["x-gateway-context"], ContextAudience.Moderation, context.Request.Path!);
            var isBlocked = blocks(LastContent(server!.Seen[^1]));
            context.Response.Headers["x-gateway-request-id"] = claims!.RequestId.ToString("N");
            context.Response.Headers["x-gateway-moderation"] = isBlocked ? "block" : "allow";
            await UpstreamServer.WriteJsonAsync(context, isBlocked ? """{"message":"Not about that.","check":"keywords"}""" : "");
        });
        return server;
    }

    private static Task<RouterHost> StartAsync(UpstreamServer upstream, UpstreamServer moderation, string? processors = null)
    {
        var config = TestConfig.For(upstream.Url);
        return RouterHost.StartAsync(
            config with
            {
                Models = config.Models.Values
                    .Append(new ModelGroupConfig { Name = "small", Moderation = processors, Deployments = [new DeploymentConfig { Provider = "up", Model = "small-model" }] })
                    .ToFrozenDictionary(static group => group.Name),
                Processors = new[] { new ProcessorConfig { Name = "enhance", Model = "small", System = "Be precise." } }.ToFrozenDictionary(static processor => processor.Name),
                Moderation = new ModerationConfig
                {
                    Policies = new[] { "strict", "small-policy" }.ToFrozenDictionary(static name => name, static name => new ModerationPolicyConfig { Name = name, Mode = ModerationMode.Required, Input = [] }),
                },
            },
            configuration: [new("services:moderation:http:0", moderation.Url)]);
    }

    private static string? LastContent(SeenRequest request) =>
        JsonDocument.Parse(request.Body).RootElement.GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString();
}
