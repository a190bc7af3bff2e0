using System.Net;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Capture;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Capture;

/// <summary>What leaves a Router of what clients wrote and were answered.</summary>
public sealed class CaptureTests
{
    private const string Canary = "canary-in-the-mine";

    private const string Plain = """
        {"model":"gpt-test","temperature":0.2,"max_tokens":99,"reasoning_effort":"canary-in-the-mine","tools":[{"type":"function","function":{"name":"look_up","description":"canary-in-the-mine"}}],
         "messages":[{"role":"system","content":"canary-in-the-mine"},{"role":"user","content":"canary-in-the-mine, I am jane@example.com, card 4111 1111 1111 1111"}]}
        """;

    private const string Answer = """{"id":"a","model":"real-model-1","choices":[{"index":0,"message":{"role":"assistant","content":"canary-in-the-mine, dear jane@example.com"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}""";

    private static string Streamed => Plain.Replace("{\"model\"", "{\"stream\":true,\"model\"", StringComparison.Ordinal);

    // The address comes in three events.
    private static string[] Events => [Requests.Delta(Canary), Requests.Delta(", dear jane@exa"), Requests.Delta("mple.c"), Requests.Delta("om."), Requests.Finish + Requests.Usage + Requests.Done];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task None_sends_nothing(bool stream)
    {
        await using var usage = await ContentStandIn.StartAsync();
        await using var upstream = await UpstreamAsync(stream);
        await using var router = await RouterAsync(usage, upstream);

        await SendAsync(router, stream ? Streamed : Plain, CaptureLevel.None);
        await router.RoundTripsAsync();

        Assert.Equal(0, usage.Calls);
        Assert.Equal(0, router.Services.GetRequiredService<CaptureQueue>().Held);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Metadata_is_shape_without_a_word(bool stream)
    {
        await using var usage = await ContentStandIn.StartAsync();
        await using var upstream = await UpstreamAsync(stream);
        await using var router = await RouterAsync(usage, upstream);

        var (id, _) = await SendAsync(router, stream ? Streamed : Plain, CaptureLevel.Metadata);
        var content = await usage.ContentAsync(id);

        Assert.DoesNotContain("canary", usage.Taken[id].Text, StringComparison.Ordinal);
        Assert.Equal(("metadata", "chat_completions", stream, 200, "completed"), (
            Word(content, "level"), Word(content, "operation"), content.GetProperty("stream").GetBoolean(), content.GetProperty("status").GetInt32(), Word(content, "ending")));
        var request = content.GetProperty("request");
        Assert.Equal((2, "look_up", 99, "other"), (
            request.GetProperty("messages").GetInt32(), request.GetProperty("tools")[0].GetString(),
            request.GetProperty("parameters").GetProperty("max_tokens").GetInt32(), Word(request.GetProperty("parameters"), "reasoning_effort")));
        Assert.Equal("""{"system":1,"user":1}""", request.GetProperty("roles").GetRawText());
        var answer = content.GetProperty("answer");
        Assert.Equal("stop", answer.GetProperty("finish_reasons")[0].GetString());
        Assert.True(answer.GetProperty("characters").GetInt32() >= 41);
        Assert.True(answer.GetProperty("bytes").GetInt32() > 100);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Redacted_is_text_without_personal_data_also_where_it_comes_in_pieces(bool stream)
    {
        await using var usage = await ContentStandIn.StartAsync();
        await using var upstream = await UpstreamAsync(stream);
        await using var router = await RouterAsync(usage, upstream);

        var (id, _) = await SendAsync(router, stream ? Streamed : Plain, CaptureLevel.Redacted);
        var content = await usage.ContentAsync(id);

        Assert.Equal("canary-in-the-mine, I am [email], card [card]", content.GetProperty("request").GetProperty("body").GetProperty("messages")[1].GetProperty("content").GetString());
        var answer = content.GetProperty("answer");
        var text = stream
            ? answer.GetProperty("texts").EnumerateArray().Single(static one => Word(one, "place") == "choices#0.delta.content").GetProperty("text").GetString()
            : answer.GetProperty("body").GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
        Assert.Equal(stream ? "canary-in-the-mine, dear [email]." : "canary-in-the-mine, dear [email]", text);
        Assert.DoesNotContain("jane", usage.Taken[id].Text, StringComparison.Ordinal);
        Assert.DoesNotContain("4111", usage.Taken[id].Text, StringComparison.Ordinal);
        Assert.DoesNotContain("mple.c", usage.Taken[id].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Full_is_what_the_client_sent_and_was_sent(bool stream)
    {
        await using var usage = await ContentStandIn.StartAsync();
        await using var upstream = await UpstreamAsync(stream);
        await using var router = await RouterAsync(usage, upstream);

        var sent = stream ? Streamed : Plain;
        var (id, got) = await SendAsync(router, sent, CaptureLevel.Full);
        var content = await usage.ContentAsync(id);

        Assert.Equal(sent, Word(content.GetProperty("request"), "text"));
        Assert.Equal(got, Word(content.GetProperty("answer"), "text"));
        Assert.Contains(Canary, got, StringComparison.Ordinal);
        Assert.Equal(System.Text.Encoding.UTF8.GetByteCount(got), content.GetProperty("answer").GetProperty("bytes").GetInt32());
        Assert.Equal(CaptureLevel.Full, usage.Taken[id].Head.Level);
    }

    [Fact]
    public async Task Long_content_is_cut_and_says_so()
    {
        await using var usage = await ContentStandIn.StartAsync();
        await using var upstream = await UpstreamServer.StartJsonAsync(Answer.Replace(Canary, new string('ä', CapturedBytes.MaxBytes), StringComparison.Ordinal));
        await using var router = await RouterAsync(usage, upstream);
        var body = Plain.Replace("I am", new string('x', 300_000) + " I am", StringComparison.Ordinal);

        var (full, _) = await SendAsync(router, body, CaptureLevel.Full);
        var (redacted, _) = await SendAsync(router, body, CaptureLevel.Redacted);
        var whole = await usage.ContentAsync(full);
        var masked = await usage.ContentAsync(redacted);

        Assert.Equal((true, body.Length, CapturedBytes.MaxBytes), (
            whole.GetProperty("request").GetProperty("cut").GetBoolean(), whole.GetProperty("request").GetProperty("bytes").GetInt32(), Word(whole.GetProperty("request"), "text").Length));
        Assert.True(whole.GetProperty("answer").GetProperty("cut").GetBoolean());
        Assert.EndsWith("ä", Word(whole.GetProperty("answer"), "text"), StringComparison.Ordinal);
        // What is whole of a cut document is kept, and closed.
        Assert.Equal(Canary, masked.GetProperty("request").GetProperty("body").GetProperty("messages")[0].GetProperty("content").GetString());
        Assert.DoesNotContain("xxxx", usage.Taken[redacted].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_of_the_Router_are_kept_as_answers()
    {
        await using var usage = await ContentStandIn.StartAsync();
        await using var upstream = await UpstreamServer.StartJsonAsync(Answer);
        await using var router = await RouterAsync(usage, upstream);

        var (id, got) = await SendAsync(router, Plain.Replace("gpt-test", "nobody", StringComparison.Ordinal), CaptureLevel.Full);
        var content = await usage.ContentAsync(id);

        Assert.Equal((404, "refused", got), (content.GetProperty("status").GetInt32(), Word(content, "ending"), Word(content.GetProperty("answer"), "text")));
    }

    [Fact]
    public async Task Redacted_keeps_no_request_that_moderation_has_not_seen()
    {
        await using var usage = await ContentStandIn.StartAsync();
        await using var upstream = await UpstreamServer.StartJsonAsync(Answer);
        await using var router = await RouterAsync(usage, upstream);
        var id = Guid.NewGuid();

        // No Moderation service answers here, and a policy that is not known is a required one.
        using var response = await router.SendAsync(Plain, claims: claims => claims with { RequestId = id, Capture = CaptureLevel.Redacted, ModerationPolicy = "strict" });
        var content = await usage.ContentAsync(id);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("not_moderated", Word(content.GetProperty("request"), "not_kept"));
        Assert.DoesNotContain("canary", usage.Taken[id].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Usage_that_is_away_hurts_no_request_and_gets_the_content_when_it_is_back()
    {
        await using var usage = await ContentStandIn.StartAsync();
        usage.Status = 503;
        await using var upstream = await UpstreamServer.StartJsonAsync(Answer);
        await using var router = await RouterAsync(usage, upstream);

        var (first, _) = await SendAsync(router, Plain, CaptureLevel.Full);
        await usage.UntilAsync(() => usage.Calls > 0);
        var (second, _) = await SendAsync(router, Plain, CaptureLevel.Full);
        Assert.Empty(usage.Taken);
        usage.Status = 204;

        await usage.ContentAsync(first);
        await usage.ContentAsync(second);
        Assert.Equal(1, router.Logs.Lines.Count(static line => line.EventId == 3700));
        Assert.DoesNotContain(router.Logs.Lines, static line => line.Message.Contains("canary", StringComparison.Ordinal) || line.Exception?.ToString().Contains("canary", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task What_Usage_refuses_is_dropped_and_the_next_goes_on()
    {
        await using var usage = await ContentStandIn.StartAsync();
        usage.Status = 400;
        await using var upstream = await UpstreamServer.StartJsonAsync(Answer);
        await using var router = await RouterAsync(usage, upstream);

        await SendAsync(router, Plain, CaptureLevel.Full);
        await usage.UntilAsync(() => usage.Calls > 0);
        usage.Status = 204;
        var (next, _) = await SendAsync(router, Plain, CaptureLevel.Full);

        await usage.ContentAsync(next);
        Assert.Single(usage.Taken);
    }

    [Fact]
    public async Task Other_protocols_are_joined_and_masked_too()
    {
        await using var usage = await ContentStandIn.StartAsync();
        await using var upstream = await UpstreamAsync(stream: true);
        await using var router = await RouterAsync(usage, upstream);
        foreach (var (endpoint, body) in new (LlmEndpoint, string)[]
        {
            (LlmEndpoint.Routed.Single(static one => one.Operation == LlmOperation.Messages), """{"model":"gpt-test","stream":true,"max_tokens":50,"messages":[{"role":"user","content":"hi"}]}"""),
            (LlmEndpoint.Routed.Single(static one => one.Operation == LlmOperation.Responses), """{"model":"gpt-test","stream":true,"input":"hi"}"""),
            (LlmEndpoint.Routed.Single(static one => one.Operation == LlmOperation.OllamaChat), """{"model":"gpt-test","stream":true,"messages":[{"role":"user","content":"hi"}]}"""),
            (new LlmEndpoint("/v1beta/models/gpt-test:streamGenerateContent?alt=sse", LlmOperation.GenerateContent), """{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"""),
            (new LlmEndpoint("/v1beta/models/gpt-test:streamGenerateContent", LlmOperation.GenerateContent), """{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"""),
        })
        {
            var id = Guid.NewGuid();
            using var response = await router.SendAsync(body, endpoint, claims => claims with { RequestId = id, Capture = CaptureLevel.Redacted });
            var got = await response.Content.ReadAsStringAsync();
            var content = await usage.ContentAsync(id);

            Assert.True(response.IsSuccessStatusCode, got);
            Assert.True(
                content.GetProperty("answer").TryGetProperty("texts", out var texts) && texts.EnumerateArray().Any(static one => Word(one, "text") == "canary-in-the-mine, dear [email]."),
                $"{endpoint.Path}: {content}");
            Assert.DoesNotContain("jane", content.GetRawText(), StringComparison.Ordinal);
        }
    }

    private static Task<UpstreamServer> UpstreamAsync(bool stream) => stream ? UpstreamServer.StartStreamAsync(Events) : UpstreamServer.StartJsonAsync(Answer);

    private static Task<RouterHost> RouterAsync(ContentStandIn usage, UpstreamServer upstream) => RouterHost.StartAsync(TestConfig.For(upstream.Url), configuration: usage.Configuration);

    private static async Task<(Guid Id, string Answer)> SendAsync(RouterHost router, string body, CaptureLevel level)
    {
        var id = Guid.NewGuid();
        using var response = await router.SendAsync(body, claims: claims => claims with { RequestId = id, Capture = level });
        return (id, await response.Content.ReadAsStringAsync());
    }

    private static string Word(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
