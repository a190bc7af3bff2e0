using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Core.Tests.Journal;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Processors;

/// <summary>Chats below a route with processors: one upstream answers for the client's model, one for the processors'.</summary>
public sealed class ProcessorTests : IAsyncLifetime
{
    private const string Anthropic = """{"model":"gpt-test","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}""";
    private const string Gemini = """{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}""";

    private RequestDelegate _rewriter = static context => UpstreamServer.WriteJsonAsync(context, AnswerOf("HI!"));
    private UpstreamServer _upstream = null!;
    private UpstreamServer _processors = null!;

    public async Task InitializeAsync()
    {
        _upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        _processors = await UpstreamServer.StartAsync(context => _rewriter(context));
    }

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        await _processors.DisposeAsync();
    }

    [Fact]
    public async Task The_upstream_sees_the_text_that_the_processor_made()
    {
        await using var router = await StartAsync();

        using var response = await router.SendAsync(Requests.Plain, claims: Enhanced);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(Requests.Plain.Replace("gpt-test", "real-model", StringComparison.Ordinal).Replace("\"hi\"", "\"HI!\"", StringComparison.Ordinal), Assert.Single(_upstream.Seen).Text);
        Assert.Equal(
            """{"model":"small-model","messages":[{"role":"system","content":"Be \"precise\"."},{"role":"user","content":"hi"}],"max_tokens":77}""",
            Assert.Single(_processors.Seen).Text);
        Assert.Equal(Requests.Answer, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_cap_has_the_name_that_the_provider_knows()
    {
        await using var router = await StartAsync(wantsNewCap: true);

        using var response = await router.SendAsync(Requests.Plain, claims: Enhanced);

        Assert.EndsWith("\"max_completion_tokens\":77}", Assert.Single(_processors.Seen).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_processor_is_tried_again_like_any_other_request()
    {
        var calls = 0;
        _rewriter = context => Interlocked.Increment(ref calls) == 1 ? UpstreamServer.WriteJsonAsync(context, "{}", 500) : UpstreamServer.WriteJsonAsync(context, AnswerOf("HI!"));
        await using var router = await StartAsync(attempts: 2);

        using var response = await router.SendAsync(Requests.Plain, claims: Enhanced);

        Assert.Equal("HI!", LastContent(Assert.Single(_upstream.Seen)));
        Assert.Equal([("small", 2), ("gpt-test", 1)], router.Journal.Finals.Select(static final => (final.Intent.RequestedModel, final.Attempts)));
    }

    public static TheoryData<LlmEndpoint, string> Protocols => new()
    {
        { LlmEndpoint.Completions, """{"model":"gpt-test","prompt":"hi"}""" },
        { new("/v1/responses", LlmOperation.Responses), """{"model":"gpt-test","input":"hi"}""" },
        { new("/v1/messages", LlmOperation.Messages), Anthropic },
        { new("/v1beta/models/gpt-test:generateContent", LlmOperation.GenerateContent), Gemini },
        { new("/api/chat", LlmOperation.OllamaChat), """{"model":"gpt-test","stream":false,"messages":[{"role":"user","content":"hi"}]}""" },
        { new("/api/generate", LlmOperation.OllamaGenerate), """{"model":"gpt-test","stream":false,"prompt":"hi"}""" },
    };

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task The_text_is_rewritten_whatever_the_client_speaks(LlmEndpoint endpoint, string body)
    {
        await using var router = await StartAsync();

        using var response = await router.SendAsync(body, endpoint, Enhanced);

        var sent = Assert.Single(_upstream.Seen).Text;
        Assert.Contains("\"HI!\"", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("\"hi\"", sent, StringComparison.Ordinal);
        Assert.Single(_processors.Seen);
    }

    [Fact]
    public async Task Processors_follow_one_another()
    {
        _rewriter = static async context => await UpstreamServer.WriteJsonAsync(context, AnswerOf("then " + context.Request.ContentLength));
        await using var router = await StartAsync();

        using var response = await router.SendAsync(Requests.Plain, claims: static claims => claims with { Processors = ["enhance", "short"] });

        var first = "then " + _processors.Seen[0].Body.Length;
        Assert.Equal(first, LastContent(_processors.Seen[1]));
        Assert.Contains("Be short.", _processors.Seen[1].Text, StringComparison.Ordinal);
        Assert.Equal("then " + _processors.Seen[1].Body.Length, LastContent(Assert.Single(_upstream.Seen)));
    }

    [Fact]
    public async Task Each_processor_has_a_record_of_its_own_for_the_same_key()
    {
        await using var router = await StartAsync();

        using var response = await router.SendAsync(Requests.Stream.Replace("\"stream\":true,", "\"user\":\"eve\",", StringComparison.Ordinal), claims: Enhanced);

        Assert.Equal(["small", "gpt-test"], router.Journal.Intents.Select(static intent => intent.RequestedModel));
        Assert.Equal(2, router.Journal.Finals.Select(static final => final.Intent.RequestId).Distinct().Count());
        Assert.All(router.Journal.Finals, static final => Assert.Equal(
            ("demo", "research", "eve", LlmOperation.ChatCompletions, false, RequestEnding.Completed, 200, 10L, 5L, 1),
            (final.Intent.KeyId, final.Intent.Team, final.Intent.User, final.Intent.Operation, final.Intent.Stream, final.Ending, final.Status, final.Usage.Input, final.Usage.Output, final.Attempts)));
        Assert.All(router.Journal.Finals, static final => Assert.Equal(70_000L, final.CostNanoUsd));
    }

    [Fact]
    public async Task A_stream_is_streamed_after_a_plain_processor()
    {
        await using var streaming = await UpstreamServer.StartStreamAsync(Requests.Delta("he"), Requests.Delta("llo"), Requests.Finish, Requests.Done);
        await using var router = await StartAsync(streaming.Url);

        using var response = await router.SendAsync(Requests.Stream, claims: Enhanced);
        var answer = await response.Content.ReadAsStringAsync();

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.EndsWith(Requests.Done, answer, StringComparison.Ordinal);
        Assert.Equal("HI!", LastContent(Assert.Single(streaming.Seen)));
        Assert.DoesNotContain("stream", Assert.Single(_processors.Seen).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model":"gpt-test","messages":[{"role":"system","content":"s"}]}""")]
    [InlineData("""{"model":"gpt-test","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,eA=="}}]}]}""")]
    public async Task A_request_without_text_of_the_user_goes_on_as_it_is(string body)
    {
        await using var router = await StartAsync();

        using var response = await router.SendAsync(body, claims: Enhanced);

        Assert.Empty(_processors.Seen);
        Assert.Equal(body.Replace("gpt-test", "real-model", StringComparison.Ordinal), Assert.Single(_upstream.Seen).Text);
    }

    [Fact]
    public async Task Nothing_but_chats_is_rewritten_and_nothing_without_the_claim()
    {
        await using var router = await StartAsync();

        using var embedding = await router.SendAsync("""{"model":"gpt-test","input":"hi"}""", LlmEndpoint.Embeddings, Enhanced);
        using var chat = await router.SendAsync(Requests.Plain);

        Assert.Empty(_processors.Seen);
        Assert.Equal(2, _upstream.Seen.Count);
    }

    [Theory]
    [InlineData(429, 429)]
    [InlineData(503, 503)]
    [InlineData(500, 502)]
    [InlineData(400, 502)]
    [InlineData(401, 502)]
    public async Task A_processor_that_fails_fails_the_request(int said, int status)
    {
        _rewriter = context =>
        {
            context.Response.Headers.RetryAfter = "7";
            return UpstreamServer.WriteJsonAsync(context, """{"error":{"message":"secret of upstream"}}""", said);
        };
        await using var router = await StartAsync();

        using var response = await router.SendAsync(Requests.Plain, claims: Enhanced);

        await AssertFailedAsync(response, status);
        Assert.Empty(_upstream.Seen);
        Assert.Equal(status is 429 or 503, response.Headers.RetryAfter is not null);
        if (said == 429)
        {
            Assert.Equal(TimeSpan.FromSeconds(7), response.Headers.RetryAfter?.Delta);
        }

        Assert.Equal("small", Assert.Single(router.Journal.Finals).Intent.RequestedModel);
    }

    [Theory]
    [InlineData("""{"choices":[{"message":{"role":"assistant","content":""},"finish_reason":"stop"}]}""")]
    [InlineData("""{"choices":[{"message":{"role":"assistant","content":null,"tool_calls":[]},"finish_reason":"tool_calls"}]}""")]
    [InlineData("""{"choices":[{"message":{"role":"assistant","content":"cut"},"finish_reason":"length"}]}""")]
    [InlineData("""{"choices":[{"message":{"role":"assistant","content":"filtered"},"finish_reason":"content_filter"}]}""")]
    [InlineData("""{"choices":[{"message":{"role":"assistant","content":"\ud800"},"finish_reason":"stop"}]}""")]
    [InlineData("""{"choices":[]}""")]
    public async Task An_answer_without_a_whole_text_is_a_failure(string answer)
    {
        _rewriter = context => UpstreamServer.WriteJsonAsync(context, answer);
        await using var router = await StartAsync();

        using var response = await router.SendAsync(Requests.Plain, claims: Enhanced);

        await AssertFailedAsync(response, 502);
        Assert.Empty(_upstream.Seen);
    }

    [Theory]
    [InlineData(64 * 1024, 200)]
    [InlineData((64 * 1024) + 1, 502)]
    [InlineData(1024 * 1024, 502)]
    public async Task A_text_has_at_most_64_KiB(int length, int status)
    {
        _rewriter = context => UpstreamServer.WriteJsonAsync(context, AnswerOf(new string('x', length)));
        await using var router = await StartAsync();

        using var response = await router.SendAsync(Requests.Plain, claims: Enhanced);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(RequestEnding.Completed, router.Journal.Finals[0].Ending);
    }

    [Fact]
    public async Task The_deadline_of_the_request_is_that_of_the_processor()
    {
        var (time, started) = (new JournalTime(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _rewriter = context =>
        {
            started.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await using var router = await StartAsync(time: time);
        var deadline = time.GetUtcNow().AddSeconds(10);

        var sending = router.SendAsync(Requests.Plain, claims: claims => Enhanced(claims) with { DeadlineUnixMs = deadline.ToUnixTimeMilliseconds() });
        await started.Task.WaitAsync(RouterHost.Patience);
        time.Advance(TimeSpan.FromSeconds(11));
        using var response = await sending;

        await AssertFailedAsync(response, 504);
        Assert.Empty(_upstream.Seen);
        Assert.Equal(RequestEnding.DeadlineExceeded, Assert.Single(router.Journal.Finals).Ending);
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_processor()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _rewriter = context =>
        {
            started.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await using var router = await StartAsync();
        using var leaves = new CancellationTokenSource();

        var sending = router.SendAsync(Requests.Plain, claims: Enhanced, cancellationToken: leaves.Token);
        await started.Task.WaitAsync(RouterHost.Patience);
        await leaves.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        Assert.Equal(RequestEnding.ClientGone, (await router.Journal.FirstFinalAsync()).Ending);
        Assert.Empty(_upstream.Seen);
    }

    [Fact]
    public async Task Without_a_journal_no_processor_is_asked()
    {
        await using var router = await StartAsync();
        router.Journal.IsWritable = false;

        using var response = await router.SendAsync(Requests.Plain, claims: Enhanced);

        await AssertFailedAsync(response, 503);
        Assert.Empty(_processors.Seen);
    }

    [Fact]
    public async Task A_processor_that_this_Router_does_not_know_is_not_passed_over()
    {
        await using var router = await StartAsync();

        using var response = await router.SendAsync(Requests.Plain, claims: static claims => claims with { Processors = ["newer"] });

        await AssertFailedAsync(response, 503, "newer");
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Empty(_upstream.Seen);
    }

    [Theory]
    [InlineData("demo")]
    [InlineData(ContextClaims.PublicKeyId)]
    public async Task The_model_of_a_processor_is_the_operators_choice(string key)
    {
        await using var router = await StartAsync(access: AccessLevel.Public);

        using var response = await router.SendAsync(Requests.Plain, claims: claims => Enhanced(claims) with { KeyId = key, AllowedModels = ["gpt-test"] });

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Single(_processors.Seen);
    }

    [Fact]
    public async Task Text_goes_to_no_provider_that_the_key_may_not_use()
    {
        await using var router = await StartAsync();

        using var response = await router.SendAsync(Requests.Plain, claims: static claims => Enhanced(claims) with { AllowedProviders = ["up"] });

        await AssertFailedAsync(response, 502);
        Assert.Empty(_processors.Seen);
    }

    private static ContextClaims Enhanced(ContextClaims claims) => claims with { Processors = ["enhance"] };

    private async Task<RouterHost> StartAsync(string? upstream = null, AccessLevel access = AccessLevel.Private, TimeProvider? time = null, int attempts = 1, bool wantsNewCap = false)
    {
        var config = TestConfig.For(TestConfig.Provider(upstream ?? _upstream.Url), TestConfig.Provider(_processors.Url, "tools") with { Quirks = new QuirksConfig { MaxCompletionTokens = wantsNewCap } });
        config = config with
        {
            Models = config.Models.Values.Select(group => group with { Access = access })
                .Append(new ModelGroupConfig { Name = "small", Attempts = attempts, Deployments = [new DeploymentConfig { Provider = "tools", Model = "small-model", Price = TestConfig.Price }] })
                .ToFrozenDictionary(static group => group.Name),
            Processors = new[]
            {
                new ProcessorConfig { Name = "enhance", Model = "small", System = "Be \"precise\".", MaxTokens = 77 },
                new ProcessorConfig { Name = "short", Model = "small", System = "Be short." },
            }.ToFrozenDictionary(static processor => processor.Name),
        };
        return await RouterHost.StartAsync(config, builder => builder.Services.AddSingleton(time ?? TimeProvider.System));
    }

    private static string AnswerOf(string text) =>
        Requests.Answer.Replace("\"hello\"", JsonSerializer.Serialize(text), StringComparison.Ordinal);

    private static string? LastContent(SeenRequest request) =>
        JsonDocument.Parse(request.Body).RootElement.GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString();

    private static async Task AssertFailedAsync(HttpResponseMessage response, int status, string name = "enhance")
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.Equal((status, "processor_failed"), ((int)response.StatusCode, JsonDocument.Parse(body).RootElement.GetProperty("error").GetProperty("code").GetString()));
        Assert.Contains($"'{name}'", body, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", body, StringComparison.Ordinal);
    }
}
