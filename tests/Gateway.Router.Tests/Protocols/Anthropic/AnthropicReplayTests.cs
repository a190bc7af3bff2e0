using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Protocols.Anthropic;

/// <summary>Anthropic through the whole Router: clients and upstreams that speak it, and those that speak OpenAI.</summary>
public sealed class AnthropicReplayTests
{
    private const string Plain = """{"messages":[{"role":"user","content":"hi"}],"model":"gpt-test","max_tokens":5,"new_field":{"b":1.0,"a":null}}""";

    private static readonly LlmEndpoint Messages = new("/v1/messages", LlmOperation.Messages);
    private static readonly LlmEndpoint CountTokens = new("/v1/messages/count_tokens", LlmOperation.MessagesCountTokens);

    public static TheoryData<string> All => Recordings.Ids("anthropic");

    [Theory]
    [MemberData(nameof(All))]
    public async Task Messages_UpstreamWritesRandomPieces_ClientGetsTheVeryBytes(string id)
    {
        var recording = Recordings.Load(id);
        await using var upstream = await StartAsync(recording);
        await using var router = await RouterHost.StartAsync(Config(upstream));

        using var response = await router.SendAsync(RequestFor(recording), Messages);
        var received = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync());

        var final = Assert.Single(router.Journal.Finals);
        if (id == "anthropic-stream-spliced-message-start")
        {
            // Where all of it arrived at once nothing was sent yet, and the error has a status of its own.
            Assert.Equal(response.StatusCode == HttpStatusCode.OK, received.Contains("msg_first", StringComparison.Ordinal));
            Assert.Equal(response.StatusCode == HttpStatusCode.OK, received.Contains("event: error\n", StringComparison.Ordinal));
            Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadGateway);
            Assert.DoesNotContain("msg_second", received, StringComparison.Ordinal);
            Assert.DoesNotContain("message_stop", received, StringComparison.Ordinal);
            Assert.NotEqual(RequestEnding.Completed, final.Ending);
            return;
        }

        if (recording.Status == 401)
        {
            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
            return;
        }

        Assert.Equal(recording.Status, (int)response.StatusCode);
        Assert.Equal(Encoding.UTF8.GetString(recording.Response), received);
        Assert.Equal(recording.Status == 200 ? RequestEnding.Completed : RequestEnding.UpstreamError, final.Ending);
        Assert.Equal(recording.Status == 200, final.Usage.Input > 0 && final.Usage.Output > 0);
    }

    [Fact]
    public async Task Pitfall24_RequestThatPassesThrough_HasOnlyItsModelChanged()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("""{"id":"msg_1","type":"message","model":"m","content":[],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":1}}""");
        await using var router = await RouterHost.StartAsync(Config(upstream));
        var context = RouterHost.Tokens.Sign(RouterHost.ClaimsFor(Encoding.UTF8.GetBytes(Plain), Messages));

        using var response = await router.SendRawAsync(Plain, Messages.Path, context, CancellationToken.None, ("anthropic-beta", "x-1"), ("anthropic-version", "2024-01-01"), ("x-api-key", "client-secret"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var seen = Assert.Single(upstream.Seen);
        Assert.Equal(Plain.Replace("gpt-test", "real-model", StringComparison.Ordinal), seen.Text);
        Assert.Equal(("/v1/messages", TestConfig.Key, "x-1", "2024-01-01"), (seen.Path, seen.Headers["x-api-key"], seen.Headers["anthropic-beta"], seen.Headers["anthropic-version"]));
        Assert.DoesNotContain("authorization", seen.Headers.Keys);
    }

    [Fact]
    public async Task CountTokens_OfAnAnthropicClient_PassesThrough()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("""{"input_tokens": 14}""");
        await using var router = await RouterHost.StartAsync(Config(upstream));

        using var response = await router.SendAsync("""{"model":"gpt-test","messages":[{"role":"user","content":"hi"}]}""", CountTokens);

        Assert.Equal("""{"input_tokens": 14}""", await response.Content.ReadAsStringAsync());
        Assert.Equal("/v1/messages/count_tokens", Assert.Single(upstream.Seen).Path);
    }

    [Fact]
    public async Task ChatCompletion_OfAnOpenAIClient_IsAnsweredByAnthropic()
    {
        var recording = Recordings.Load("anthropic-stream-tool-call-without-arguments");
        await using var upstream = await StartAsync(recording);
        await using var router = await RouterHost.StartAsync(Config(upstream));

        using var response = await router.SendAsync("""{"model":"gpt-test","stream":true,"seed":1,"messages":[{"role":"system","content":"rule"},{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"updateIssueList"}}]}""");
        var received = await response.Content.ReadAsStringAsync();

        Assert.Contains("updateIssueList", received, StringComparison.Ordinal);
        Assert.Contains("\"tool_calls\"", received, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", received, StringComparison.Ordinal);
        Assert.Contains("seed", Assert.Single(response.Headers.GetValues("x-gateway-warning")), StringComparison.Ordinal);
        var seen = Assert.Single(upstream.Seen);
        Assert.Equal(("/v1/messages", "2023-06-01"), (seen.Path, seen.Headers["anthropic-version"]));
        Assert.Equal(
            """{"model":"real-model","max_tokens":4096,"stream":true,"tools":[{"name":"updateIssueList","input_schema":{"type":"object","properties":{}}}],"system":[{"type":"text","text":"rule"}],"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}""", seen.Text);
    }

    [Fact]
    public async Task Messages_OfAnAnthropicClient_AreAnsweredByOpenAI()
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(Requests.Delta("hel"), Requests.Delta("lo"), Requests.Finish, Requests.Usage, Requests.Done);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync("""{"model":"gpt-test","stream":true,"max_tokens":9,"system":"rule","messages":[{"role":"user","content":"hi"}]}""", Messages);
        var received = await response.Content.ReadAsStringAsync();

        Assert.StartsWith("event: message_start\n", received, StringComparison.Ordinal);
        Assert.Contains("""{"type":"text_delta","text":"hel"}""", received, StringComparison.Ordinal);
        Assert.EndsWith("""
            data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":5}}

            event: message_stop
            data: {"type":"message_stop"}


            """.ReplaceLineEndings("\n"), received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pitfall9_UpstreamOfAnotherProtocolDies_AnthropicClientGetsAnErrorEvent()
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(Requests.Delta("hel"));
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync("""{"model":"gpt-test","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"hi"}]}""", Messages);
        var received = await response.Content.ReadAsStringAsync();

        Assert.Contains("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":", received, StringComparison.Ordinal);
        Assert.DoesNotContain("message_delta", received, StringComparison.Ordinal);
        Assert.DoesNotContain("message_stop", received, StringComparison.Ordinal);
    }

    private static GatewayConfig Config(UpstreamServer upstream) => TestConfig.For(TestConfig.Provider(upstream.Url) with { Protocol = ProviderProtocol.Anthropic });

    private static Task<UpstreamServer> StartAsync(Recording recording)
    {
        var random = new Random(recording.Id.Length * 7919);
        return UpstreamServer.StartAsync(async context =>
        {
            context.Response.StatusCode = recording.Status;
            context.Response.ContentType = recording.ContentType;
            for (var at = 0; at < recording.Response.Length;)
            {
                var length = Math.Min(random.Next(1, 200), recording.Response.Length - at);
                await context.Response.Body.WriteAsync(recording.Response.AsMemory(at, length));
                await context.Response.Body.FlushAsync();
                at += length;
            }
        });
    }

    private static string RequestFor(Recording recording)
    {
        var members = new Dictionary<string, object?>();
        foreach (var member in recording.RequestBody?.EnumerateObject() ?? default)
        {
            members[member.Name] = member.Value;
        }

        members["model"] = "gpt-test";
        members.TryAdd("max_tokens", 9);
        members.TryAdd("messages", new[] { new { role = "user", content = "hi" } });
        members["stream"] = recording.Streaming;
        return JsonSerializer.Serialize(members);
    }
}
