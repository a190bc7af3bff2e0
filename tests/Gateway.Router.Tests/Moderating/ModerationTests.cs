using System.Collections.Frozen;
using System.Net;
using System.Text;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Journal;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Gateway.Router.Tests.Moderating;

public sealed class ModerationTests
{
    private const string Redacted = """{"model":"gpt-test","messages":[{"role":"user","content":"[redacted]"}]}""";

    [Fact]
    public async Task Request_UnderNoPolicy_IsNotSentToModeration()
    {
        await using var moderation = await UpstreamServer.StartJsonAsync("{}");
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await StartAsync(upstream, moderation.Url);
        using var response = await router.SendAsync(Requests.Plain);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(moderation.Seen);
    }

    [Fact]
    public async Task Request_Allowed_GoesOnAndModerationSawTheClientsBytesUnderASignedContext()
    {
        await using var moderation = await StartModerationAsync("allow");
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await StartAsync(upstream, moderation.Url);

        using var response = await SendAsync(router, "strict");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var seen = Assert.Single(moderation.Seen);
        Assert.Equal(("/internal/moderation/chat", Requests.Plain), (seen.Path, seen.Text));
        var claims = RouterHost.Tokens.Verify(seen.Headers["x-gateway-context"], ContextAudience.Moderation, "/internal/moderation/chat");
        Assert.Equal(("strict", router.Journal.Intents[0].RequestId), (claims?.ModerationPolicy, claims?.RequestId));
        Assert.Equal(UsageFlags.None, router.Journal.Finals[0].Flags);
        Assert.False(response.Headers.Contains("x-gateway-degraded"));
    }

    [Fact]
    public async Task Request_AllowedThoughACheckFailed_IsServedAndFlagged()
    {
        await using var moderation = await UpstreamServer.StartAsync(static context =>
        {
            context.Response.Headers["x-gateway-degraded"] = "moderation";
            return AnswerAsync(context, "allow", "", null);
        });
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await StartAsync(upstream, moderation.Url);

        using var response = await SendAsync(router, "relaxed");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("moderation", Assert.Single(response.Headers.GetValues("x-gateway-degraded")));
        Assert.Equal(UsageFlags.Unmoderated, Assert.Single(router.Journal.Finals).Flags);
    }

    [Fact]
    public async Task Request_Redacted_UpstreamSeesOnlyTheNewBody()
    {
        await using var moderation = await StartModerationAsync("redact", Redacted);
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await StartAsync(upstream, moderation.Url);

        using var response = await SendAsync(router, "strict");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Redacted.Replace("gpt-test", "real-model", StringComparison.Ordinal), upstream.Seen[0].Text);
    }

    [Fact]
    public async Task Request_Blocked_ClientGetsTheMessageAndTheLedgerARefusal()
    {
        await using var moderation = await StartModerationAsync("block", """{"message":"Not about that.","check":"keywords"}""");
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await StartAsync(upstream, moderation.Url);

        using var response = await SendAsync(router, "strict");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var body = await response.Content.ReadAsStringAsync();
        Assert.Contains("\"content_blocked\"", body, StringComparison.Ordinal);
        Assert.Contains("Not about that.", body, StringComparison.Ordinal);
        Assert.Empty(upstream.Seen);
        Assert.Empty(router.Journal.Intents);
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((RequestEnding.Refused, 400, 0L, 0), (final.Ending, final.Status, final.Usage.Input, final.Attempts));
    }

    public static TheoryData<string> BadAnswers => ["down", "status", "no verdict", "unknown verdict", "other request", "no request", "redact to another model", "redact to garbage", "block without message", "late"];

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task Moderation_GivesNoValidAnswer_RequiredPolicyLetsNothingThrough(string kind)
    {
        await using var moderation = await StartBadAsync(kind);
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await StartAsync(upstream, moderation.Url);
        await StopIfDownAsync(kind, moderation);

        using var response = await SendAsync(router, "strict");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Contains("\"moderation_unavailable\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(upstream.Seen);
        Assert.Empty(router.Journal.Finals);
    }

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task Moderation_GivesNoValidAnswer_BestEffortPolicyServesTheClientsBytesAndFlags(string kind)
    {
        await using var moderation = await StartBadAsync(kind);
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await StartAsync(upstream, moderation.Url);
        await StopIfDownAsync(kind, moderation);

        using var response = await SendAsync(router, "relaxed");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("moderation", Assert.Single(response.Headers.GetValues("x-gateway-degraded")));
        Assert.Equal(Requests.Plain.Replace("gpt-test", "real-model", StringComparison.Ordinal), upstream.Seen[0].Text);
        Assert.Equal(UsageFlags.Unmoderated, Assert.Single(router.Journal.Finals).Flags);
    }

    [Fact]
    public async Task Moderation_IsDownAndThePolicyIsUnknownHere_NothingGetsThrough()
    {
        await using var moderation = await StartBadAsync("status");
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await StartAsync(upstream, moderation.Url);
        using var response = await SendAsync(router, "from-a-newer-document");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    private static async Task StopIfDownAsync(string kind, UpstreamServer moderation)
    {
        if (kind == "down")
        {
            await moderation.DisposeAsync();
        }
    }

    private static Task<HttpResponseMessage> SendAsync(RouterHost router, string policy) => router.SendAsync(Requests.Plain, claims: claims => claims with { ModerationPolicy = policy });

    private static Task<RouterHost> StartAsync(UpstreamServer upstream, string moderationUrl)
    {
        var policies = new[] { new ModerationPolicyConfig { Name = "strict", Input = [] }, new ModerationPolicyConfig { Name = "relaxed", Mode = ModerationMode.BestEffort, Input = [] } };
        var config = TestConfig.For(upstream.Url) with { Moderation = new ModerationConfig { Policies = policies.ToFrozenDictionary(static policy => policy.Name) } };
        return RouterHost.StartAsync(config, builder => builder.Configuration.AddInMemoryCollection([new("services:moderation:http:0", moderationUrl)]));
    }

    private static Task<UpstreamServer> StartModerationAsync(string verdict, string body = "", string? requestId = null) =>
        UpstreamServer.StartAsync(context => AnswerAsync(context, verdict, body, requestId));

    private static async Task AnswerAsync(HttpContext context, string? verdict, string body, string? requestId)
    {
        var claims = RouterHost.Tokens.Verify(context.Request.Headers["x-gateway-context"], ContextAudience.Moderation, context.Request.Path);
        if ((requestId ?? claims?.RequestId.ToString("N")) is { Length: > 0 } id)
        {
            context.Response.Headers["x-gateway-request-id"] = id;
        }

        if (verdict is not null)
        {
            context.Response.Headers["x-gateway-moderation"] = verdict;
        }

        if (verdict == "allow")
        {
            context.Response.StatusCode = 204;
        }

        if (body.Length > 0)
        {
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body));
        }
    }

    private static Task<UpstreamServer> StartBadAsync(string kind) => kind switch
    {
        "status" => UpstreamServer.StartJsonAsync("{}", 500),
        "no verdict" => UpstreamServer.StartAsync(static context => AnswerAsync(context, null, "", null)),
        "unknown verdict" => StartModerationAsync("maybe"),
        "other request" => StartModerationAsync("allow", requestId: Guid.NewGuid().ToString("N")),
        "no request" => StartModerationAsync("allow", requestId: ""),
        "redact to another model" => StartModerationAsync("redact", Redacted.Replace("gpt-test", "gpt-expensive", StringComparison.Ordinal)),
        "redact to garbage" => StartModerationAsync("redact", "{"),
        "block without message" => StartModerationAsync("block", "{}"),
        "late" => UpstreamServer.StartAsync(static async context =>
        {
            var gone = new TaskCompletionSource();
            await using var registration = context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
        }),
        _ => StartModerationAsync("allow"),
    };
}
