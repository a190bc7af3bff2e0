using Gateway.Core.Admission.Shared;
using Gateway.Core.Requests;
using Gateway.Router.Tests.Attempts;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Router.Tests.Budgets;

/// <summary>Every ending of a request that holds something settles it once, behind its record and behind nobody's back.</summary>
public sealed class SettleTests
{
    [Theory]
    [InlineData(Requests.Plain)]
    [InlineData(Requests.Stream)]
    [InlineData(Requests.StreamWithUsage)]
    public async Task An_answer_is_settled_with_what_its_record_says(string body)
    {
        var (fleet, store) = await Tickets.StartAsync(static config => config, Fleet.Serves(0));
        await using var _ = fleet;
        var ticket = Tickets.Hard();

        using var response = await fleet.Router.SendAsync(body, claims: Tickets.With(ticket));
        await response.Content.ReadAsStringAsync();

        await Fleet.UntilAsync(() => store.Settlements.Count > 0);
        await fleet.Router.AssertNothingHeldAsync();
        var final = fleet.Final();
        var settlement = Assert.Single(store.Settlements);
        Assert.Equal((final.Intent.RequestId, 0, 70_000L, 15L), (settlement.RequestId, settlement.Part, settlement.CostNanoUsd, settlement.Tokens));
        Assert.Equal(final.CostNanoUsd, settlement.CostNanoUsd);
        Assert.Equal(ticket.Budgets, settlement.Ticket.Budgets);
        Assert.Empty(store.Voids);
        Assert.Empty(store.Admissions);
        Assert.Equal(("alice", "acme"), (final.Intent.Owner, final.Intent.Organisation));
        Assert.Equal(ticket.Budgets, final.Intent.Budgets);
        Assert.All(fleet.Journal.Intents, intent => Assert.Equal(ticket.Budgets, intent.Budgets));
    }

    public enum Way
    {
        Refused,
        Broken,
        Unreachable,
        UnknownModel,
        WrongBody,
        UnknownProcessor,
        Late,
        JournalFull,
        NoPlace,
    }

    [Theory]
    [InlineData(Way.Refused)]
    [InlineData(Way.Broken)]
    [InlineData(Way.Unreachable)]
    [InlineData(Way.UnknownModel)]
    [InlineData(Way.WrongBody)]
    [InlineData(Way.UnknownProcessor)]
    [InlineData(Way.Late)]
    [InlineData(Way.JournalFull)]
    [InlineData(Way.NoPlace)]
    public async Task Every_other_end_is_settled_once_too(Way way)
    {
        var (fleet, store) = await Tickets.StartAsync(
            Fleet.Group(static group => group with { Attempts = 1 }),
            way switch
            {
                Way.Refused => Fleet.Says(400),
                Way.Broken => Fleet.Streams(Requests.Delta("he")),
                Way.Unreachable => static context =>
                {
                    context.Abort();
                    return Task.CompletedTask;
                }
                ,
                _ => Fleet.Serves(0),
            });
        await using var _ = fleet;
        fleet.Journal.IsWritable = way != Way.JournalFull;

        using var response = await fleet.Router.SendAsync(Requests.Stream, claims: claims => Tickets.With(Tickets.Hard())(claims) with
        {
            RouteModel = way == Way.UnknownModel ? "nobody-knows-it" : "",
            OutputCap = way == Way.WrongBody ? 17 : -1,
            Processors = way == Way.UnknownProcessor ? ["newer"] : [],
            DeadlineUnixMs = way == Way.Late ? 1 : 0,
            AllowedProviders = way == Way.NoPlace ? ["x"] : ["*"],
        });
        await response.Content.ReadAsStringAsync();

        await Fleet.UntilAsync(() => store.Settlements.Count > 0);
        await fleet.Router.AssertNothingHeldAsync();
        await fleet.Router.RoundTripsAsync();
        Assert.Equal(fleet.Journal.Finals.Sum(static final => final.CostNanoUsd), Assert.Single(store.Settlements).CostNanoUsd);
        Assert.Equal(way is Way.Broken or Way.Unreachable, store.Settlements[0].CostNanoUsd > 0);
    }

    [Fact]
    public async Task A_client_that_leaves_is_settled_with_what_it_had()
    {
        var reached = new TaskCompletionSource();
        var (fleet, store) = await Tickets.StartAsync(static config => config, Fleet.Hangs(reached));
        await using var _ = fleet;
        using var leaves = new CancellationTokenSource();

        var pending = fleet.Router.SendAsync(Requests.Stream, claims: Tickets.With(Tickets.Hard()), cancellationToken: leaves.Token);
        await reached.Task.WaitAsync(RouterHost.Patience);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);

        await Fleet.UntilAsync(() => store.Settlements.Count > 0);
        await fleet.Router.AssertNothingHeldAsync();
        Assert.Equal((await fleet.Journal.FirstFinalAsync()).CostNanoUsd, Assert.Single(store.Settlements).CostNanoUsd);
    }

    [Fact]
    public async Task Nothing_is_settled_before_its_record_is_written()
    {
        var (fleet, store) = await Tickets.StartAsync(static config => config, Fleet.Serves(0));
        await using var _ = fleet;
        var (writing, write) = (new TaskCompletionSource(), new TaskCompletionSource());
        fleet.Journal.BeforeFinal = () =>
        {
            writing.TrySetResult();
            return write.Task;
        };

        var pending = fleet.Router.SendAsync(Requests.Plain, claims: Tickets.With(Tickets.Hard()));
        await writing.Task.WaitAsync(RouterHost.Patience);
        await fleet.Router.RoundTripsAsync();
        Assert.Empty(store.Settlements);
        write.SetResult();
        using var response = await pending;

        await Fleet.UntilAsync(() => store.Settlements.Count == 1);
    }

    [Fact]
    public async Task An_answer_waits_for_no_settlement()
    {
        var (fleet, store) = await Tickets.StartAsync(static config => config, Fleet.Serves(0));
        await using var _ = fleet;
        var answer = new TaskCompletionSource();
        store.BeforeSettle = () => answer.Task;

        using var response = await fleet.Router.SendAsync(Requests.Plain, claims: Tickets.With(Tickets.Hard()));

        Assert.Equal(Fleet.AnswerOf(0), await response.Content.ReadAsStringAsync());
        answer.SetResult();
        await fleet.Router.AssertNothingHeldAsync();
    }

    [Fact]
    public async Task A_request_without_a_ticket_touches_nothing_of_it()
    {
        var (fleet, store) = await Tickets.StartAsync(static config => config, Fleet.Serves(0));
        await using var _ = fleet;

        using var plain = await fleet.Router.SendAsync(Requests.Plain);
        using var stream = await fleet.Router.SendAsync(Requests.Stream);
        await stream.Content.ReadAsStringAsync();
        await fleet.Router.RoundTripsAsync();

        Assert.Empty(store.Calls);
        Assert.Equal(Requests.Plain.Replace("gpt-test", "real-a", StringComparison.Ordinal), fleet.Seen(0)[0].Text);
        Assert.False(plain.Headers.Contains("x-gateway-tokens"));
        await fleet.Router.AssertNothingHeldAsync();
    }

    [Fact]
    public async Task Limits_alone_are_settled_with_the_tokens()
    {
        var (fleet, store) = await Tickets.StartAsync(static config => config, Fleet.Serves(0));
        await using var _ = fleet;
        var ticket = new AdmissionTicket { Organisation = "acme", TokenRates = [new("key:demo|tokens/60", 1000, TimeSpan.FromMinutes(1))], ReservedTokens = 400 };

        using var response = await fleet.Router.SendAsync(Requests.Plain, claims: Tickets.With(ticket));

        await Fleet.UntilAsync(() => store.Settlements.Count == 1);
        Assert.Equal(15L, store.Settlements[0].Tokens);
        Assert.Equal("10/5", Fleet.One(response, "x-gateway-tokens"));
        Assert.Equal(Requests.Plain.Replace("gpt-test", "real-a", StringComparison.Ordinal), Assert.Single(fleet.Seen(0)).Text);
    }

    [Fact]
    public async Task A_stream_says_no_tokens_since_its_server_has_no_trailers()
    {
        var supports = true;
        var (fleet, store) = await Tickets.StartAsync(static config => config, context =>
        {
            // The same server, the same version of HTTP as between Edge and Router.
            supports = context.Response.SupportsTrailers();
            return Fleet.StreamAsync(context, Fleet.StreamOf(0));
        });
        await using var _ = fleet;

        using var response = await fleet.Router.SendAsync(Requests.Stream, claims: Tickets.With(Tickets.Hard()));
        await response.Content.ReadAsStringAsync();

        Assert.False(supports);
        Assert.Null(Fleet.One(response, "x-gateway-tokens"));
        Assert.Empty(response.TrailingHeaders);
        await Fleet.UntilAsync(() => store.Settlements.Count == 1);
    }

    [Fact]
    public async Task A_translated_answer_says_its_tokens_to_the_edge()
    {
        var (fleet, store) = await Tickets.StartAsync(static config => config, Fleet.Serves(0));
        await using var _ = fleet;

        using var response = await fleet.Router.SendAsync(
            """{"model":"gpt-test","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}""", new("/v1/messages", LlmOperation.Messages), Tickets.With(Tickets.Hard()));

        Assert.Equal((200, "10/5"), ((int)response.StatusCode, Fleet.One(response, "x-gateway-tokens")));
        await Fleet.UntilAsync(() => store.Settlements.Count == 1);
    }
}
