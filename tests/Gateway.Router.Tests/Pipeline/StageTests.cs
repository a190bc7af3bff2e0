using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Router.Pipeline;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Pipeline;

/// <summary>What a user relies on who adds a stage or listens to completions.</summary>
public sealed class StageTests
{
    [Fact]
    public async Task Stage_OfAUser_RunsBeforeTheAttemptAndMayRefuse()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url), static builder => builder.Services.AddLlmStage<NoSecrets>());

        using var refused = await router.SendAsync("""{"model":"gpt-test","messages":[{"role":"user","content":"the secret"}]}""");
        using var served = await router.SendAsync(Requests.Plain);

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.OK), (refused.StatusCode, served.StatusCode));
        Assert.Equal("yes", Assert.Single(served.Headers.GetValues("x-checked")));
        Assert.Single(upstream.Seen);
        Assert.Single(router.Journal.Intents);
    }

    [Fact]
    public async Task Stage_Throws_ClientGets500AndCompletionsStillFire()
    {
        var completions = new Completions();
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url), builder =>
        {
            builder.Services.AddLlmStage<Buggy>();
            builder.Services.AddSingleton<ILlmCompletion>(completions);
        });

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.DoesNotContain("oops", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var summary = await completions.FirstAsync();
        Assert.Equal((RequestEnding.Refused, 500, "internal_error", 0), (summary.Ending, summary.Status, summary.ErrorCode, summary.Attempts));
        Assert.Empty(router.Journal.Finals);
    }

    [Fact]
    public async Task Stage_ThrowsWithBytesThatWaitToBeSent_NoErrorIsAppendedToThem()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url), static builder => builder.Services.AddLlmStage<HalfAnswer>());

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => router.SendAsync(Requests.Plain));
    }

    [Theory]
    [InlineData("ok", RequestEnding.Completed, 200)]
    [InlineData("cut", RequestEnding.UpstreamFailed, 200)]
    [InlineData("refused", RequestEnding.Refused, 404)]
    public async Task Completion_EveryEnding_FiresOnceWithTheSummary(string kind, RequestEnding ending, int status)
    {
        var completions = new Completions();
        await using var upstream = await UpstreamServer.StartStreamAsync(Requests.Delta("a") + (kind == "ok" ? Requests.Finish + Requests.Usage + Requests.Done : ""));
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url), builder => builder.Services.AddSingleton<ILlmCompletion>(completions));

        using var response = await router.SendAsync(kind == "refused" ? Requests.Stream.Replace("gpt-test", "nobody", StringComparison.Ordinal) : Requests.Stream);
        await response.Content.ReadAsStringAsync();

        var summary = await completions.FirstAsync();
        Assert.Equal((ending, status), (summary.Ending, summary.Status));
        Assert.Equal(kind != "refused", summary.TimeToFirstToken is not null);
        Assert.Equal(kind == "ok" ? 5 : kind == "cut" ? 1 : 0, summary.Usage.Output);
        Assert.Equal(1, completions.Count);
    }

    private sealed class NoSecrets : ILlmStage
    {
        public ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next)
        {
            if (exchange.Body.Span.IndexOf("secret"u8) >= 0)
            {
                return exchange.RefuseAsync(new GatewayError(GatewayErrorKind.InvalidRequest, "No secrets, please."));
            }

            exchange.Http.Response.Headers["x-checked"] = "yes";
            return next(exchange);
        }
    }

    private sealed class Buggy : ILlmStage
    {
        public ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next) => throw new InvalidOperationException("oops");
    }

    private sealed class HalfAnswer : ILlmStage
    {
        public ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next)
        {
            exchange.Http.Response.BodyWriter.Write("half an ans"u8);
            throw new InvalidOperationException("oops");
        }
    }

    private sealed class Completions : ILlmCompletion
    {
        private readonly ConcurrentQueue<LlmSummary> _all = new();
        private readonly TaskCompletionSource<LlmSummary> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Count => _all.Count;

        public Task<LlmSummary> FirstAsync() => _first.Task.WaitAsync(RouterHost.Patience);

        public void Completed(LlmExchange exchange, in LlmSummary summary)
        {
            _all.Enqueue(summary);
            _first.TrySetResult(summary);
        }
    }
}
