using System.Net;
using System.Text;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Core.Tests.Journal;
using Gateway.Edge.Tests.Rig;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Router.Tests.Attempts;

/// <summary>While the client has seen nothing a call that fails is replaced, and leaves no trace but in the ledger. Afterwards nothing is tried.</summary>
public sealed class ReplacementTests
{
    private const string Role = "data: {\"id\":\"f\",\"model\":\"first\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n";
    private const string AnthropicStart = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"first\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":3,\"output_tokens\":0}}}\n\n";

    public enum Failing
    {
        ResetBeforeTheHead,
        ResetAfterTheHead,
        Status500,
        Status502Page,
        Status503,
        Status529,
        Status408,
        Status424,
        Empty,
        Garbage,
        UnknownEncoding,
        Redirect,
        Cut,
        ErrorInside200,
    }

    public enum FailingStream
    {
        ResetBeforeTheHead,
        ResetAfterTheHead,
        ResetAfterThePreamble,
        Status529,
        ErrorFirst,
        ErrorAfterThePreamble,
        EndsWithoutContent,
        EndsAfterThePreamble,
        PlainError,
    }

    public static TheoryData<Failing, bool> PlainFailures => SameAndTranslated(Enum.GetValues<Failing>());

    public static TheoryData<FailingStream, bool> StreamFailures => SameAndTranslated(Enum.GetValues<FailingStream>());

    [Theory]
    [MemberData(nameof(PlainFailures))]
    public async Task A_plain_call_that_fails_before_its_end_is_replaced_unseen(Failing failing, bool translated)
    {
        await using var fleet = await Fleet.StartAsync(Speaking(translated), null, context => FailAsync(context, failing), Fleet.Answers(1));

        using var response = await fleet.Router.SendAsync(Requests.Plain);
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(Fleet.AnswerOf(1), body);
        AssertOfTheSecond(response);
        var final = fleet.Final();
        Assert.Equal((RequestEnding.Completed, 200, 2, "b/real-b"), (final.Ending, final.Status, final.Attempts, final.Intent.Deployment));
        Assert.Equal(("a/real-a", "b/real-b", ""), (final.AttemptRecords[0].Deployment, final.AttemptRecords[1].Deployment, final.AttemptRecords[1].Failure));
        Assert.NotEqual("", final.AttemptRecords[0].Failure);
        Assert.Contains(final.AttemptRecords[0].Ending, (RequestEnding[])[RequestEnding.UpstreamError, RequestEnding.UpstreamFailed]);
        Assert.Equal((final.AttemptRecords[0].Usage, final.AttemptRecords[0].CostNanoUsd), (fleet.Journal.Intents[1].CarriedUsage, fleet.Journal.Intents[1].CarriedNanoUsd));
        await fleet.AssertAllGivenBackAsync();
    }

    [Theory]
    [MemberData(nameof(StreamFailures))]
    public async Task A_stream_that_fails_before_its_first_content_is_replaced_unseen(FailingStream failing, bool translated)
    {
        await using var fleet = await Fleet.StartAsync(Speaking(translated), null, context => FailStreamAsync(context, failing, translated), Fleet.Streams(Fleet.StreamOf(1)));

        using var response = await fleet.Router.SendAsync(Requests.StreamWithUsage);
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(string.Concat(Fleet.StreamOf(1)), body);
        AssertOfTheSecond(response);
        var final = fleet.Final();
        Assert.Equal((RequestEnding.Completed, 200, 2, "b/real-b"), (final.Ending, final.Status, final.Attempts, final.Intent.Deployment));
        Assert.Equal(("a/real-a", ""), (final.AttemptRecords[0].Deployment, final.AttemptRecords[1].Failure));
        Assert.NotEqual("", final.AttemptRecords[0].Failure);
        await fleet.AssertAllGivenBackAsync();
    }

    [Theory]
    [InlineData(ProviderProtocol.Gemini, "data: {\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}}\n\n", "text/event-stream")]
    [InlineData(ProviderProtocol.Ollama, "{\"error\":\"llama runner process has terminated\"}\n", "application/x-ndjson")]
    [InlineData(ProviderProtocol.Ollama, "{\"model\":\"first\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":false}\n{\"error\":\"llama runner process has terminated\"}\n", "application/x-ndjson")]
    [InlineData(ProviderProtocol.Ollama, "{\"model\":\"first\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":false}\n", "application/x-ndjson")]
    public async Task A_stream_of_another_protocol_that_begins_with_an_error_is_replaced_unseen(ProviderProtocol protocol, string stream, string type)
    {
        await using var fleet = await Fleet.StartAsync(
            Fleet.Provider(0, provider => provider with { Protocol = protocol }), null, context => WriteAsync(context, type, stream), Fleet.Streams(Fleet.StreamOf(1)));

        using var response = await fleet.Router.SendAsync(Requests.StreamWithUsage);

        Assert.Equal(string.Concat(Fleet.StreamOf(1)), await response.Content.ReadAsStringAsync());
        AssertOfTheSecond(response);
        Assert.Equal(2, fleet.Final().Attempts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_of_another_protocol_gets_one_whole_answer_in_its_own_words(bool stream)
    {
        await using var fleet = await Fleet.StartAsync(Fleet.Says(500), Fleet.Serves(1));
        var request = $$"""{"model":"gpt-test","max_tokens":50,"stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"hi"}]}""";

        using var response = await fleet.Router.SendAsync(request, new LlmEndpoint("/v1/messages", LlmOperation.Messages));
        var body = await response.Content.ReadAsStringAsync();

        AssertOfTheSecond(response);
        Assert.Equal(stream ? 1 : 0, Occurrences(body, "event: message_start"));
        Assert.Equal(stream ? 1 : 0, Occurrences(body, "event: message_stop"));
        Assert.DoesNotContain("error", body, StringComparison.Ordinal);
        Assert.Equal(2, fleet.Final().Attempts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_address_that_refuses_connections_is_left_for_another(bool stream)
    {
        var url = $"http://127.0.0.1:{RedisProcess.FreePort()}/v1";
        await using var fleet = await Fleet.StartAsync(Fleet.Provider(0, provider => provider with { BaseUrl = new Uri(url) }), null, Fleet.Answers(0), Fleet.Serves(1));

        using var response = await fleet.Router.SendAsync(stream ? Requests.StreamWithUsage : Requests.Plain);

        Assert.Equal(stream ? string.Concat(Fleet.StreamOf(1)) : Fleet.AnswerOf(1), await response.Content.ReadAsStringAsync());
        AssertOfTheSecond(response);
        var first = fleet.Final().AttemptRecords[0];
        Assert.Equal(("unreachable", 0, 0L, UsageFlags.None), (first.Failure, first.UpstreamStatus, first.CostNanoUsd, first.Flags));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_that_keeps_silent_is_given_up_after_its_time_and_replaced(bool afterTheHead)
    {
        var time = new JournalTime();
        var (reached, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var fleet = await Fleet.StartAsync(
            static config => config, time,
            async context =>
            {
                if (afterTheHead)
                {
                    await UpstreamServer.WritePieceAsync(context, ": wait\n\n");
                }

                await Fleet.Hangs(reached, cancelled)(context);
            },
            Fleet.Streams(Fleet.StreamOf(1)));

        var pending = fleet.Router.SendAsync(Requests.StreamWithUsage);
        await reached.Task.WaitAsync(RouterHost.Patience);

        // Most of its half minute at once, the rest in steps that the second call does not notice.
        await fleet.Router.RoundTripsAsync();
        time.Advance(TimeSpan.FromSeconds(29));
        using var response = await Clock.RunAsync(time, pending, TimeSpan.FromMilliseconds(50));

        Assert.Equal(string.Concat(Fleet.StreamOf(1)), await response.Content.ReadAsStringAsync());
        AssertOfTheSecond(response);
        await cancelled.Task.WaitAsync(RouterHost.Patience);
        Assert.Equal("timeout", fleet.Final().AttemptRecords[0].Failure);
    }

    [Fact]
    public async Task What_a_translation_lost_is_told_only_of_the_call_that_answers()
    {
        const string Request = """{"model":"gpt-test","seed":5,"logit_bias":{"1":2},"messages":[{"role":"user","content":"hi"}]}""";
        await using var alone = await Fleet.StartAsync(Speaking(translated: true), null, Fleet.Says(200, AnthropicAnswer));
        using var warned = await alone.Router.SendAsync(Request);
        Assert.NotNull(Fleet.One(warned, "x-gateway-warning"));

        await using var fleet = await Fleet.StartAsync(Speaking(translated: true), null, Fleet.Says(500), Fleet.Answers(1));
        using var response = await fleet.Router.SendAsync(Request);

        AssertOfTheSecond(response);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_stream_that_breaks_after_its_first_content_ends_with_one_error_and_nothing_is_tried(bool translated, bool says)
    {
        var answer = translated
            ? Fleet.Streams(AnthropicStart + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"one\"}}\n\n", says ? "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n" : "")
            : Fleet.Streams(Requests.Delta("one"), says ? Requests.Error : "");
        await using var fleet = await Fleet.StartAsync(Speaking(translated), null, answer, Fleet.Streams(Fleet.StreamOf(1)));

        using var response = await fleet.Router.SendAsync(Requests.Stream);
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal((1, 1, 0), (Occurrences(body, "\"error\""), Occurrences(body, "one"), Occurrences(body, "[DONE]")));
        Assert.Equal("1", Fleet.One(response, "x-gateway-attempts"));
        Assert.Empty(fleet.Seen(1));
        Assert.Equal(1, fleet.Final().Attempts);
        await fleet.AssertAllGivenBackAsync();
    }

    [Fact]
    public async Task A_large_plain_answer_that_is_cut_after_it_began_is_cut_for_the_client_and_nothing_is_tried()
    {
        var text = new string('x', 200_000);
        await using var fleet = await Fleet.StartAsync(
            async context =>
            {
                var bytes = Encoding.UTF8.GetBytes("{\"id\":\"a\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" + text);
                context.Response.ContentType = "application/json";
                context.Response.ContentLength = bytes.Length + 100;
                await context.Response.Body.WriteAsync(bytes);
                await context.Response.Body.FlushAsync();
                context.Abort();
            },
            Fleet.Answers(1));

        var thrown = await Record.ExceptionAsync(async () =>
        {
            using var response = await fleet.Router.SendAsync(Requests.Plain);
            await response.Content.ReadAsStringAsync();
        });

        Assert.NotNull(thrown);
        await fleet.Journal.FirstFinalAsync();
        await fleet.AssertAllGivenBackAsync();
        Assert.Empty(fleet.Seen(1));
        var final = fleet.Final();
        Assert.Equal((RequestEnding.UpstreamFailed, 200, 1), (final.Ending, final.Status, final.Attempts));
        Assert.DoesNotContain(fleet.Router.Logs.Lines, static line => line.EventId == 3001);
    }

    private const string AnthropicAnswer = """{"id":"m","type":"message","role":"assistant","model":"first","content":[{"type":"text","text":"hello"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":5}}""";

    /// <summary>The first upstream speaks the client's protocol, or another one.</summary>
    private static Func<GatewayConfig, GatewayConfig> Speaking(bool translated) =>
        Fleet.Provider(0, provider => translated ? provider with { Protocol = ProviderProtocol.Anthropic } : provider);

    private static TheoryData<T, bool> SameAndTranslated<T>(T[] failures)
    {
        var data = new TheoryData<T, bool>();
        foreach (var failure in failures)
        {
            data.Add(failure, false);
            data.Add(failure, true);
        }

        return data;
    }

    private static void AssertOfTheSecond(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("2", "b/real-b", "real-b-1"), (Fleet.One(response, "x-gateway-attempts"), Fleet.One(response, "x-gateway-deployment"), Fleet.One(response, "x-gateway-model")));
        foreach (var name in (string[])["retry-after", "retry-after-ms", "x-request-id", "x-gateway-upstream-status", "x-gateway-warning", "x-gateway-usage", "location"])
        {
            Assert.True(Fleet.One(response, name) is null, name);
        }
    }

    private static async Task FailAsync(HttpContext context, Failing failing)
    {
        var headers = context.Response.Headers;
        (headers["x-request-id"], headers.RetryAfter) = ("req_first", "7");
        switch (failing)
        {
            case Failing.ResetBeforeTheHead:
                context.Abort();
                break;
            case Failing.ResetAfterTheHead or Failing.Cut:
                context.Response.ContentType = "application/json";
                context.Response.ContentLength = 500;
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(failing == Failing.Cut ? Requests.Answer[..60] : ""));
                await context.Response.Body.FlushAsync();
                context.Abort();
                break;
            case Failing.Status502Page:
                context.Response.StatusCode = 502;
                await WriteAsync(context, "text/html", "<html>bad gateway at host.internal</html>");
                break;
            case Failing.Empty:
                break;
            case Failing.Garbage:
                await WriteAsync(context, "application/json", "pardon?");
                break;
            case Failing.UnknownEncoding:
                headers.ContentEncoding = "zstd";
                await WriteAsync(context, "application/json", Requests.Answer);
                break;
            case Failing.Redirect:
                context.Response.Redirect("http://127.0.0.1:1/elsewhere");
                break;
            case Failing.ErrorInside200:
                await UpstreamServer.WriteJsonAsync(context, """{"type":"error","error":{"type":"api_error","message":"inner"}}""");
                break;
            default:
                await UpstreamServer.WriteJsonAsync(context, """{"type":"error","error":{"message":"first","type":"api_error"}}""", failing switch
                {
                    Failing.Status503 => 503,
                    Failing.Status529 => 529,
                    Failing.Status408 => 408,
                    Failing.Status424 => 424,
                    _ => 500,
                });
                break;
        }
    }

    private static async Task FailStreamAsync(HttpContext context, FailingStream failing, bool translated)
    {
        var preamble = translated ? AnthropicStart : Role;
        var error = translated ? "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n" : Requests.Error;
        switch (failing)
        {
            case FailingStream.ResetBeforeTheHead:
                context.Abort();
                break;
            case FailingStream.ResetAfterTheHead or FailingStream.ResetAfterThePreamble:
                await UpstreamServer.WritePieceAsync(context, failing == FailingStream.ResetAfterTheHead ? ": hello\n\n" : preamble);
                context.Abort();
                break;
            case FailingStream.ErrorFirst:
                await UpstreamServer.WritePieceAsync(context, error);
                break;
            case FailingStream.ErrorAfterThePreamble:
                await UpstreamServer.WritePieceAsync(context, preamble);
                await UpstreamServer.WritePieceAsync(context, error);
                break;
            case FailingStream.EndsWithoutContent:
                await WriteAsync(context, "text/event-stream", "");
                break;
            case FailingStream.EndsAfterThePreamble:
                await UpstreamServer.WritePieceAsync(context, preamble);
                break;
            case FailingStream.PlainError:
                await UpstreamServer.WriteJsonAsync(context, """{"type":"error","error":{"message":"inner","type":"api_error"}}""");
                break;
            default:
                await UpstreamServer.WriteJsonAsync(context, """{"type":"error","error":{"message":"first","type":"overloaded_error"}}""", 529);
                break;
        }
    }

    private static async Task WriteAsync(HttpContext context, string type, string text)
    {
        context.Response.ContentType = type;
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text));
    }

    private static int Occurrences(string text, string part) => text.Split(part).Length - 1;
}
