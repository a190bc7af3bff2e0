using Gateway.Core.Admission.Shared;
using Gateway.Edge.Tests.Rig;
using Microsoft.AspNetCore.Http;

namespace Gateway.Edge.Tests.Budgets;

/// <summary>The Edge as it ships, without Redis: handlers and the admission that decides alone.</summary>
public sealed class AloneTests : IAsyncLifetime
{
    private FakeService _router = null!;
    private FakeService _usage = null!;
    private EdgeServer _edge = null!;

    public async Task InitializeAsync()
    {
        (_router, _usage) = (await FakeService.StartAsync(), await FakeService.StartAsync());
        // One budget is asked about, and nothing was spent of it.
        _usage.Answer = static context => context.Response.WriteAsync(context.Request.Path == UsageContract.BudgetsPath ? """{"spent":[0]}""" : """{"settled":[]}""");
        _edge = await EdgeServer.StartAsync([_router.Url], new() { ["Services:usage:http:0"] = _usage.Url.ToString() }, BudgetedEdge.Config);
    }

    public async Task DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _router.DisposeAsync();
        await _usage.DisposeAsync();
    }

    [Fact]
    public async Task Concurrency_RefusesOneTooMany_AndAPlaceIsFreeAsSoonAsAnAnswerIsOver()
    {
        var goOn = new SemaphoreSlim(0);
        _router.Answer = async context =>
        {
            await goOn.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("{}");
        };
        var (first, second) = (ChatAsync("gw-places-key"), ChatAsync("gw-places-key"));
        await _router.NextAsync();
        await _router.NextAsync();
        using (var third = await ChatAsync("gw-places-key"))
        {
            Assert.Equal("Your API key may have 2 requests running at the same time, and has.", (await EdgeServer.AssertErrorAsync(third, 429, "rate_limit_exceeded")).Split(" Try")[0]);
        }

        goOn.Release(2);
        foreach (var answer in await Task.WhenAll(first, second))
        {
            using (answer)
            {
                Assert.Equal(200, (int)answer.StatusCode);
            }
        }

        // One after the other, each as soon as the one before was read.
        for (var i = 0; i < 5; i++)
        {
            goOn.Release();
            using var next = await ChatAsync("gw-places-key");
            Assert.Equal(200, (int)next.StatusCode);
        }
    }

    [Fact]
    public async Task HardBudget_IsNeverOverspent_ByAnyNumberAtOnce()
    {
        // 0.26 USD each by the clients' cap and a little for the input: 19 fit into 5 USD.
        const string Body = """{"model":"gpt-4o","max_tokens":4000,"n":6,"messages":[{"role":"user","content":"hi"}]}""";
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ChatAsync("gw-narrow-key", Body)));
        var served = answers.Count(static answer => (int)answer.StatusCode == 200);
        var held = 0L;
        Assert.True(served > 0, await answers[0].Content.ReadAsStringAsync());
        for (var i = 0; i < served; i++)
        {
            var seen = await _router.NextAsync();
            var ticket = EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], Core.Context.ContextAudience.Router, seen.Target)!.Ticket!;
            Assert.Equal(4000, ticket.OutputCap);
            held += ticket.HeldNanoUsd;
        }

        var bound = held / served;
        Assert.InRange(held, 5_000_000_000 - bound, 5_000_000_000);
        Assert.All(answers.Where(static answer => (int)answer.StatusCode != 200), static answer => Assert.Equal("false", Assert.Single(answer.Headers.GetValues("x-should-retry"))));
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    [Fact]
    public async Task UsageThatDoesNotAnswer_ClosesHardBudgets_AndNothingElse()
    {
        _usage.Answer = static context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        using var hard = await ChatAsync("gw-falling-key");
        using var soft = await ChatAsync("gw-soft-key");
        using var limited = await ChatAsync("gw-tokens-key");

        await EdgeServer.AssertErrorAsync(hard, 503, "budget_unavailable");
        Assert.Equal((200, 200), ((int)soft.StatusCode, (int)limited.StatusCode));
    }

    private async Task<HttpResponseMessage> ChatAsync(string key, string body = EdgeServer.ChatBody)
    {
        using var client = _edge.Client(key);
        using var content = EdgeServer.Json(body);
        return await client.PostAsync(EdgeServer.Chat, content);
    }
}
