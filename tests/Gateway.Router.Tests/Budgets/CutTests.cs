using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Tests.Attempts;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Router.Tests.Budgets;

/// <summary>A provider that does not keep to the cap is cut where the money ends; one that does never is.</summary>
public sealed class CutTests
{
    /// <summary>20 tokens of input and 5 of output.</summary>
    private const long HeldForFive = (20 * 2_000) + (5 * 10_000);

    public static TheoryData<string, LlmOperation, string, string> Clients => new()
    {
        { "/v1/chat/completions", LlmOperation.ChatCompletions, Requests.Stream, "data: {\"error\":{" },
        { "/v1/messages", LlmOperation.Messages, """{"model":"gpt-test","stream":true,"max_tokens":5,"messages":[{"role":"user","content":"hi"}]}""", "event: error\ndata: {\"type\":\"error\"" },
        { "/v1/responses", LlmOperation.Responses, """{"model":"gpt-test","stream":true,"input":"hi"}""", "error" },
        { "/api/chat", LlmOperation.OllamaChat, """{"model":"gpt-test","messages":[{"role":"user","content":"hi"}]}""", "{\"error\":" },
    };

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_stream_that_goes_beyond_what_is_held_ends_in_one_error(string path, LlmOperation operation, string body, string error)
    {
        var gone = new TaskCompletionSource();
        var (fleet, store) = await Tickets.StartAsync(static config => config, TalksForEver(gone));
        await using var _ = fleet;

        using var response = await fleet.Router.SendAsync(body, new(path, operation), Tickets.With(Tickets.Hard(HeldForFive, cap: 5)));
        var text = await response.Content.ReadAsStringAsync();

        await gone.Task.WaitAsync(RouterHost.Patience);
        var final = fleet.Final();
        Assert.Equal((RequestEnding.BudgetCut, 200), (final.Ending, final.Status));
        Assert.Contains(error, text, StringComparison.Ordinal);
        Assert.Contains("used up the money", text, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);

        // Not before all that is paid for, and one token behind it at most.
        Assert.Contains("w5", text, StringComparison.Ordinal);
        Assert.DoesNotContain("w7", text, StringComparison.Ordinal);
        Assert.InRange(final.Usage.Output, 5, 10);
        Assert.Equal(UsageFlags.Estimated | UsageFlags.Incomplete, final.Flags);
        await Fleet.UntilAsync(() => store.Settlements.Count == 1);
        Assert.Equal(final.CostNanoUsd, store.Settlements[0].CostNanoUsd);
        Assert.DoesNotContain(fleet.Router.Logs.Lines, static line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
        Assert.Equal(0, fleet.GroupOf().Deployments[0].State.OpenUntil);
    }

    [Theory]
    [InlineData(5, 1, true)]     // as many as the cap says
    [InlineData(6, 1, false)]    // one more
    [InlineData(10, 2, true)]    // two choices have twice as many
    [InlineData(11, 2, false)]
    public async Task What_the_cap_allows_is_never_cut(int tokens, int choices, bool whole)
    {
        string[] pieces = [.. Enumerable.Range(1, tokens).Select(static number => Requests.Delta($"w{number}")), .. Enumerable.Range(0, choices).Select(static choice => Requests.Finish.Replace("\"index\":0", $"\"index\":{choice}", StringComparison.Ordinal)), Requests.Done];
        var (fleet, _) = await Tickets.StartAsync(static config => config, Fleet.Streams(pieces));
        await using var running = fleet;

        // The estimate of the input alone is more than what is held: only the output counts then.
        using var response = await fleet.Router.SendAsync(
            Requests.Stream.Replace("\"stream\"", $"\"n\":{choices},\"stream\"", StringComparison.Ordinal), claims: Tickets.With(Tickets.Hard(held: choices * 50_000, cap: 5)));
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal(whole, text.EndsWith(Requests.Done, StringComparison.Ordinal));
        Assert.Equal(whole ? RequestEnding.Completed : RequestEnding.BudgetCut, fleet.Final().Ending);
    }

    [Theory]
    [InlineData(20, true)]    // long words: a token has up to eight bytes and more
    [InlineData(80, false)]
    public async Task Events_of_several_tokens_are_counted_low(int bytes, bool whole)
    {
        var (fleet, _) = await Tickets.StartAsync(static config => config, Fleet.Streams(Requests.Delta(new string('x', bytes)), Requests.Delta(new string('y', bytes)), Requests.Finish, Requests.Done));
        await using var running = fleet;

        using var response = await fleet.Router.SendAsync(Requests.Stream, claims: Tickets.With(Tickets.Hard(HeldForFive, cap: 5)));
        await response.Content.ReadAsStringAsync();

        Assert.Equal(whole ? RequestEnding.Completed : RequestEnding.BudgetCut, fleet.Final().Ending);
    }

    [Fact]
    public async Task A_cheaper_deployment_may_say_more_for_the_same_money()
    {
        // The first is three times as dear: what is held for it suffices for three times the words of the second.
        var (fleet, _) = await Tickets.StartAsync(
            Fleet.Group(static group => group with { Deployments = [Fleet.DeploymentOf(0) with { Price = new(6_000_000_000, 0, 0, 30_000_000_000) }, Fleet.DeploymentOf(1) with { Price = TestConfig.Price, Order = 2 }] }),
            Fleet.Says(503), Fleet.Streams([.. Enumerable.Range(1, 14).Select(static number => Requests.Delta($"w{number}")), Requests.Finish, Requests.Done]));
        await using var running = fleet;

        using var response = await fleet.Router.SendAsync(Requests.Stream, claims: Tickets.With(Tickets.Hard(3 * HeldForFive, cap: 5)));
        await response.Content.ReadAsStringAsync();

        Assert.Equal(("b/real-b", RequestEnding.Completed), (fleet.Final().Intent.Deployment, fleet.Final().Ending));
    }

    [Fact]
    public async Task What_is_used_up_before_anything_was_seen_is_a_refusal()
    {
        var (fleet, _) = await Tickets.StartAsync(static config => config, Fleet.Streams(Requests.Delta(new string('x', 4000)), Requests.Finish, Requests.Done));
        await using var running = fleet;

        using var response = await fleet.Router.SendAsync(Requests.Stream, claims: Tickets.With(Tickets.Hard(HeldForFive, cap: 5)));

        Assert.Equal(429, (int)response.StatusCode);
        Assert.Contains("\"budget_exceeded\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal((RequestEnding.BudgetCut, 429), (fleet.Final().Ending, fleet.Final().Status));
    }

    [Fact]
    public async Task A_soft_budget_cuts_nothing()
    {
        var (fleet, _) = await Tickets.StartAsync(static config => config, Fleet.Streams([.. Enumerable.Range(1, 40).Select(static number => Requests.Delta($"w{number}")), Requests.Finish, Requests.Done]));
        await using var running = fleet;

        using var response = await fleet.Router.SendAsync(Requests.Stream, claims: Tickets.With(Tickets.Hard(HeldForFive, cap: 5) with { IsHard = false }));

        Assert.EndsWith(Requests.Done, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static RequestDelegate TalksForEver(TaskCompletionSource gone) => async context =>
    {
        try
        {
            for (var number = 1; number < 100_000 && !context.RequestAborted.IsCancellationRequested; number++)
            {
                await UpstreamServer.WritePieceAsync(context, Requests.Delta($"w{number}"));
            }
        }
        finally
        {
            gone.TrySetResult();
        }
    };
}
