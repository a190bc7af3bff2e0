using System.Net.Http.Headers;
using System.Text;
using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Forwarding;

public sealed class RequestForwardingTests(EdgeFixture rig) : IClassFixture<EdgeFixture>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Body_CrossesByteForByte(bool chunked)
    {
        // Spacing, escapes, order and unknown members are the client's own; 300 KB takes several reads.
        var body = Encoding.UTF8.GetBytes("  {\"x\" : [1.50, 1e2,\"\\u00e9é\\/\"],\r\n\t\"messages\":[{\"role\":\"user\",\"content\":\"" + new string('a', 300_000) + "\"}] ,\"model\":\"openai\\/gpt\"}\n");
        using var client = rig.Edge.Client();
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json; charset=utf-8");
        using var request = new HttpRequestMessage(HttpMethod.Post, EdgeServer.Chat) { Content = content };
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await client.SendAsync(request);
        var seen = await rig.Router.NextAsync();

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(body, seen.Body);
        Assert.Equal("POST", seen.Method);
        Assert.Equal("application/json", seen.Headers["content-type"]);
        Assert.Equal(body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), seen.Headers["content-length"]);
    }

    [Fact]
    public async Task Context_SaysWhatTheEdgeDecided()
    {
        using var client = rig.Edge.Client();
        using var content = EdgeServer.Json("""{"model":"gpt-4o","stream":true,"max_completion_tokens":77,"n":3,"user":"anna","messages":[{}]}""");

        var before = DateTimeOffset.UtcNow;
        using var response = await client.PostAsync(EdgeServer.Chat, content);
        var claims = Claims(await rig.Router.NextAsync(), ContextAudience.Router, EdgeServer.Chat);

        Assert.Equal(ContextRole.Client, claims.Role);
        Assert.Equal(response.Headers.GetValues("x-gateway-request-id").Single(), claims.RequestId.ToString());
        Assert.Equal(("full", "research", "anna", "gpt-4o"), (claims.KeyId, claims.Team, claims.User, claims.RequestedModel));
        Assert.Equal((true, 77L, 3), (claims.Stream, claims.OutputCap, claims.CandidateCount));
        Assert.Equal(["*"], claims.AllowedModels);
        Assert.Equal(["*"], claims.AllowedProviders);
        Assert.Equal("own", claims.ModerationPolicy);
        Assert.Equal(1, claims.ConfigGeneration);
        Assert.Equal("1", response.Headers.GetValues("x-gateway-config").Single());
        // timeouts.total of the provider is 30 s.
        Assert.InRange(claims.DeadlineUnixMs, (before + TimeSpan.FromSeconds(25)).ToUnixTimeMilliseconds(), (DateTimeOffset.UtcNow + TimeSpan.FromSeconds(30)).ToUnixTimeMilliseconds());
    }

    [Theory]
    [InlineData("gw-provider-key", "slow", "default")]
    [InlineData("gw-narrow-key", "gpt-4o-mini", "default")]
    [InlineData("gw-limited-key", "gpt-4o", "strict")]
    [InlineData("gw-test-key", "gpt-4o", "own")]
    public async Task ModerationPolicy_OfTheKey_ElseOfTheGroup_ElseTheDefault(string key, string model, string policy)
    {
        using var client = rig.Edge.Client(key);
        using var content = EdgeServer.Json($$"""{"model":"{{model}}","messages":[{}]}""");

        using var response = await client.PostAsync(EdgeServer.Chat, content);

        Assert.Equal(policy, Claims(await rig.Router.NextAsync(), ContextAudience.Router, EdgeServer.Chat).ModerationPolicy);
    }

    [Fact]
    public async Task Headers_OnlyTheAllowedOnesCross()
    {
        using var client = rig.Edge.Client();
        using var request = EdgeServer.Post(
            EdgeServer.Chat, EdgeServer.ChatBody,
            ("x-gateway-context", "forged"), ("X_Gateway_Context", "forged"), ("x-gateway-deployment", "forged"), ("X-GATEWAY-MODEL", "forged"),
            ("cookie", "forged=1"), ("x-forwarded-for", "forged"), ("keep-alive", "forged"), ("te", "trailers"), ("proxy-authorization", "forged"),
            ("connection", "x-own"), ("x-own", "forged"), ("x-stainless-lang", "forged"), ("openai-beta", "assistants=v2"), ("accept", "text/event-stream"));

        using var response = await client.SendAsync(request);
        var seen = await rig.Router.NextAsync();

        Assert.Equal(200, (int)response.StatusCode);
        Assert.DoesNotContain(seen.Headers, static pair => pair.Value.Contains("forged", StringComparison.Ordinal));
        Assert.Equal(["accept", "content-length", "content-type", "host", "openai-beta", "x-gateway-context"],
            seen.Headers.Keys.Select(static name => name.ToLowerInvariant()).Where(static name => name is not ("traceparent" or "tracestate" or "baggage")).Order());
        Assert.Equal("assistants=v2", seen.Headers["openai-beta"]);
    }

    [Fact]
    public async Task Headers_ListedInConnection_AreForTheEdgeOnly()
    {
        using var client = rig.Edge.Client();
        using var request = EdgeServer.Post(EdgeServer.Chat, EdgeServer.ChatBody, ("connection", "x-own, OpenAI-Beta"), ("openai-beta", "assistants=v2"), ("idempotency-key", "k1"));

        using var response = await client.SendAsync(request);
        var seen = await rig.Router.NextAsync();

        Assert.False(seen.Headers.ContainsKey("openai-beta"));
        Assert.Equal("k1", seen.Headers["idempotency-key"]);
    }

    [Fact]
    public async Task Header_ThatCannotBeSentOn_Is400_NamingIt()
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8 }) { BaseAddress = rig.Edge.Url };
        using var request = EdgeServer.Post(EdgeServer.Chat, EdgeServer.ChatBody, ("authorization", $"Bearer {EdgeServer.Key}"), ("idempotency-key", "caf\u00e9"));

        using var response = await client.SendAsync(request);

        Assert.Contains("'Idempotency-Key'", await EdgeServer.AssertErrorAsync(response, 400, "invalid_request", "Idempotency-Key"), StringComparison.Ordinal);
        Assert.Equal(0, rig.Router.Waiting);
    }

    [Theory]
    [InlineData("x-request-timeout", "5", 5)]
    [InlineData("x-stainless-timeout", "7", 7)]
    [InlineData("x-request-timeout", "2.5", 2.5)]
    [InlineData("x-request-timeout", "3600", 30)]
    [InlineData("x-stainless-timeout", "0", 1)]
    public async Task Timeout_OfTheClient_CanOnlyShorten(string header, string value, double seconds)
    {
        using var client = rig.Edge.Client();
        using var request = EdgeServer.Post(EdgeServer.Chat, EdgeServer.ChatBody, (header, value));

        var before = DateTimeOffset.UtcNow;
        using var response = await client.SendAsync(request);
        var after = DateTimeOffset.UtcNow;

        var deadline = DateTimeOffset.FromUnixTimeMilliseconds(Claims(await rig.Router.NextAsync(), ContextAudience.Router, EdgeServer.Chat).DeadlineUnixMs);
        Assert.InRange(deadline, before + TimeSpan.FromSeconds(seconds) - TimeSpan.FromSeconds(0.9), after + TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData("x-request-timeout", "soon")]
    [InlineData("x-request-timeout", "-1")]
    [InlineData("x-request-timeout", "0")]
    [InlineData("x-request-timeout", "NaN")]
    [InlineData("x-request-timeout", "1e9")]
    [InlineData("x-stainless-timeout", "")]
    public async Task Timeout_ThatIsNone_Is400(string header, string value)
    {
        using var client = rig.Edge.Client();
        using var request = EdgeServer.Post(EdgeServer.Chat, EdgeServer.ChatBody, (header, value));

        using var response = await client.SendAsync(request);

        Assert.Contains("number of seconds", await EdgeServer.AssertErrorAsync(response, 400, "invalid_request", header), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/completions", """{"model":"gpt-4o","prompt":"x"}""")]
    [InlineData("/v1/embeddings", """{"model":"text-embedding-3","input":["x"]}""")]
    public async Task OtherEndpoints_GoTheSameWay(string path, string body)
    {
        using var client = rig.Edge.Client();
        using var content = EdgeServer.Json(body);

        using var response = await client.PostAsync(path, content);
        var seen = await rig.Router.NextAsync();

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(path, seen.Target);
        Claims(seen, ContextAudience.Router, path);
    }

    [Fact]
    public async Task Moderations_GoToModeration_WithItsOwnContext()
    {
        using var client = rig.Edge.Client("gw-narrow-key");
        using var content = EdgeServer.Json("""{"input":"is this fine?"}""");

        using var response = await client.PostAsync("/v1/moderations", content);
        var seen = await rig.Moderation.NextAsync();

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("""{"input":"is this fine?"}""", Encoding.UTF8.GetString(seen.Body));
        var claims = Claims(seen, ContextAudience.Moderation, "/v1/moderations");
        Assert.Equal(("narrow", "default"), (claims.KeyId, claims.ModerationPolicy));
        Assert.Null(EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], ContextAudience.Router, "/v1/moderations"));
    }

    private static ContextClaims Claims(SeenRequest seen, ContextAudience audience, string path)
    {
        var claims = EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], audience, path);
        Assert.NotNull(claims);
        return claims;
    }
}
