using System.Net;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Requests;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.StoredResponses;

/// <summary>Clients that continue responses in front of an upstream that knows only chat completions.</summary>
public sealed class StoredResponseTests
{
    private static readonly LlmEndpoint Responses = LlmEndpoint.Routed.Single(static endpoint => endpoint.Operation == LlmOperation.Responses);

    [Fact]
    public async Task Response_Continued_ReachesTheUpstreamWithItsHistory()
    {
        await using var upstream = await ChatAsync();
        await using var router = await RouterHost.StartAsync(upstream);
        var first = await AskAsync(router, """{"model":"gpt-test","instructions":"Be brief.","input":"I am Ada."}""");
        Assert.True(first.GetProperty("store").GetBoolean());
        var second = await AskAsync(router, $$"""{"model":"gpt-test","input":[{"role":"user","content":"Who?"}],"previous_response_id":"{{Id(first)}}"}""");
        Assert.Equal(Id(first), second.GetProperty("previous_response_id").GetString());
        await AskAsync(router, $$"""{"model":"gpt-test","input":"Sure?","previous_response_id":"{{Id(second)}}"}""");
        Assert.Equal(["system: Be brief.", "user: I am Ada."], Messages(upstream.Seen[0]));

        // Instructions belong to one request; everything else stays.
        Assert.Equal(["user: I am Ada.", "assistant: hello", "user: Who?", "assistant: hello", "user: Sure?"], Messages(upstream.Seen[2]));
    }

    [Fact]
    public async Task Stream_Continued_ReachesTheUpstreamWithItsHistory()
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(Requests.Delta("he"), Requests.Delta("llo"), Requests.Finish, Requests.Usage, Requests.Done);
        await using var router = await RouterHost.StartAsync(upstream);
        using var answer = await router.SendAsync("""{"model":"gpt-test","input":"I am Ada.","stream":true}""", Responses);
        var last = (await answer.Content.ReadAsStringAsync()).Split('\n').Last(static line => line.StartsWith("data:", StringComparison.Ordinal))[5..];
        var response = JsonDocument.Parse(last).RootElement.GetProperty("response");
        Assert.Equal("completed", response.GetProperty("status").GetString());
        using var next = await router.SendAsync($$"""{"model":"gpt-test","input":"Who?","stream":true,"previous_response_id":"{{Id(response)}}"}""", Responses);
        await next.Content.ReadAsStringAsync();
        Assert.Equal(["user: I am Ada.", "assistant: hello", "user: Who?"], Messages(upstream.Seen[1]));
    }

    [Fact]
    public async Task ToolCall_Continued_FindsItsCall()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(
            """{"id":"a","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""");
        await using var router = await RouterHost.StartAsync(upstream);
        var first = await AskAsync(router, """{"model":"gpt-test","input":"Go","tools":[{"type":"function","name":"f"}]}""");
        await AskAsync(router, $$"""{"model":"gpt-test","input":[{"type":"function_call_output","call_id":"call_1","output":"42"}],"previous_response_id":"{{Id(first)}}"}""");
        using var body = JsonDocument.Parse(upstream.Seen[1].Body);
        var messages = body.RootElement.GetProperty("messages");
        Assert.Equal("call_1", messages[1].GetProperty("tool_calls")[0].GetProperty("id").GetString());
        Assert.Equal("call_1", messages[2].GetProperty("tool_call_id").GetString());
    }

    [Fact]
    public async Task Response_NotToBeStored_CannotBeContinued()
    {
        await using var upstream = await ChatAsync();
        await using var router = await RouterHost.StartAsync(upstream);
        var first = await AskAsync(router, """{"model":"gpt-test","input":"x","store":false}""");
        Assert.False(first.GetProperty("store").GetBoolean());
        using var next = await router.SendAsync($$"""{"model":"gpt-test","input":"y","previous_response_id":"{{Id(first)}}"}""", Responses);
        Assert.Equal(HttpStatusCode.BadRequest, next.StatusCode);
        Assert.Equal("previous_response_id", JsonDocument.Parse(await next.Content.ReadAsStringAsync()).RootElement.GetProperty("error").GetProperty("param").GetString());
        Assert.Single(upstream.Seen);
    }

    [Fact]
    public async Task Response_OfAnotherKey_IsNotThere()
    {
        await using var upstream = await ChatAsync();
        await using var router = await RouterHost.StartAsync(upstream);
        var first = await AskAsync(router, """{"model":"gpt-test","input":"x"}""");
        using var next = await router.SendAsync($$"""{"model":"gpt-test","input":"y","previous_response_id":"{{Id(first)}}"}""", Responses, static claims => claims with { KeyId = "other" });
        Assert.Equal(HttpStatusCode.BadRequest, next.StatusCode);
        using var got = await CallAsync(router, HttpMethod.Get, "/v1/responses/" + Id(first), keyId: "other");
        Assert.Equal(HttpStatusCode.NotFound, got.StatusCode);
    }

    [Fact]
    public async Task Response_ThatFailed_IsNotKept()
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(Requests.Delta("he"));
        await using var router = await RouterHost.StartAsync(upstream);
        using var answer = await router.SendAsync("""{"model":"gpt-test","input":"x","stream":true}""", Responses);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Contains("event: response.failed", text, StringComparison.Ordinal);
        var id = JsonDocument.Parse(text.Split('\n')[1][5..]).RootElement.GetProperty("response").GetProperty("id").GetString();
        using var got = await CallAsync(router, HttpMethod.Get, "/v1/responses/" + id);
        Assert.Equal(HttpStatusCode.NotFound, got.StatusCode);
    }

    [Fact]
    public async Task Response_Kept_CanBeReadListedAndDeleted()
    {
        await using var upstream = await ChatAsync();
        await using var router = await RouterHost.StartAsync(upstream);
        var first = await AskAsync(router, """{"model":"gpt-test","input":[{"role":"user","content":"a"},{"id":"msg_own","role":"user","content":"b"}]}""");
        var second = await AskAsync(router, $$"""{"model":"gpt-test","input":"c","previous_response_id":"{{Id(first)}}"}""");
        var path = "/v1/responses/" + Id(second);

        using var got = await CallAsync(router, HttpMethod.Get, path);
        Assert.Equal(second.GetRawText(), await got.Content.ReadAsStringAsync());

        using var all = await CallAsync(router, HttpMethod.Get, path + "/input_items?order=asc");
        var list = JsonDocument.Parse(await all.Content.ReadAsStringAsync()).RootElement;
        var ids = list.GetProperty("data").EnumerateArray().Select(static item => item.GetProperty("id").GetString()!).ToList();
        Assert.Equal(["item_000000", "msg_own", first.GetProperty("output")[0].GetProperty("id").GetString()!, "item_000003"], ids);
        Assert.False(list.GetProperty("has_more").GetBoolean());

        using var page = await CallAsync(router, HttpMethod.Get, path + "/input_items?limit=2&after=item_000003");
        var newest = JsonDocument.Parse(await page.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal([ids[2], ids[1]], newest.GetProperty("data").EnumerateArray().Select(static item => item.GetProperty("id").GetString()!));
        Assert.Equal((ids[2], ids[1], true), (newest.GetProperty("first_id").GetString(), newest.GetProperty("last_id").GetString(), newest.GetProperty("has_more").GetBoolean()));

        using var wrong = await CallAsync(router, HttpMethod.Get, path + "/input_items?limit=1000");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);

        using var deleted = await CallAsync(router, HttpMethod.Delete, path);
        Assert.Equal($$"""{"id":"{{Id(second)}}","object":"response","deleted":true}""", await deleted.Content.ReadAsStringAsync());
        using var gone = await CallAsync(router, HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        using var again = await CallAsync(router, HttpMethod.Delete, path);
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
    }

    [Fact]
    public async Task Endpoints_WithoutASignedContextForThatPath_TellNothing()
    {
        await using var upstream = await ChatAsync();
        await using var router = await RouterHost.StartAsync(upstream);
        var path = "/v1/responses/" + Id(await AskAsync(router, """{"model":"gpt-test","input":"x"}"""));
        using var bare = await router.Client.GetAsync(path);
        Assert.Equal(HttpStatusCode.Unauthorized, bare.StatusCode);
        using var other = await CallAsync(router, HttpMethod.Delete, path, signed: "/v1/responses/other");
        Assert.Equal(HttpStatusCode.Unauthorized, other.StatusCode);
    }

    [Fact]
    public async Task Upstream_WithResponsesOfItsOwn_IsGivenTheIdAsItIs()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("""{"id":"resp_up","object":"response","status":"completed","model":"m","output":[],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}""");
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Quirks = new() { Responses = true } }));
        await AskAsync(router, """{"model":"gpt-test","input":"x","previous_response_id":"resp_theirs"}""");
        Assert.Equal("/v1/responses", upstream.Seen[0].Path);
        Assert.Equal("""{"model":"real-model","input":"x","previous_response_id":"resp_theirs"}""", upstream.Seen[0].Text);
        using var got = await CallAsync(router, HttpMethod.Get, "/v1/responses/resp_up");
        Assert.Equal(HttpStatusCode.NotFound, got.StatusCode);
    }

    internal static Task<UpstreamServer> ChatAsync() => UpstreamServer.StartJsonAsync(Requests.Answer);

    internal static string Id(JsonElement response) => response.GetProperty("id").GetString()!;

    internal static async Task<JsonElement> AskAsync(RouterHost router, string body)
    {
        using var response = await router.SendAsync(body, Responses);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonDocument.Parse(text).RootElement;
    }

    internal static List<string> Messages(SeenRequest request)
    {
        using var body = JsonDocument.Parse(request.Body);
        return [.. body.RootElement.GetProperty("messages").EnumerateArray().Select(static message => $"{message.GetProperty("role").GetString()}: {Text(message.GetProperty("content"))}")];
    }

    private static string? Text(JsonElement content) => content.ValueKind == JsonValueKind.String ? content.GetString() : string.Concat(content.EnumerateArray().Select(static part => part.GetProperty("text").GetString()));

    private static async Task<HttpResponseMessage> CallAsync(RouterHost router, HttpMethod method, string target, string keyId = "demo", string? signed = null)
    {
        using var request = new HttpRequestMessage(method, target);
        request.Headers.Add(GatewayHeaders.Context, RouterHost.Tokens.Sign(new ContextClaims
        {
            Audience = ContextAudience.Router,
            Role = ContextRole.Client,
            RequestId = Guid.NewGuid(),
            Path = signed ?? target.Split('?')[0],
            ExpiresUnixMs = RouterHost.Tokens.ExpiryFromNow(),
            KeyId = keyId,
        }));
        return await router.Client.SendAsync(request);
    }
}
