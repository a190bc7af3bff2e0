using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Tests.Journal;
using Gateway.Router.Tests.Attempts;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Budgets;

/// <summary>Two calls beside each other are both held for, or there is only one.</summary>
public sealed class HedgedHoldTests
{
    private const long Held = 90_000;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(AdmissionOutcome.Admitted, 2)]
    [InlineData(AdmissionOutcome.Unaffordable, 1)]
    public async Task A_second_call_is_made_when_the_money_for_both_is_held(AdmissionOutcome outcome, int calls)
    {
        var time = new JournalTime();
        var (reached, go, asked) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource<bool>());
        var store = new FakeStore();
        var admit = store.OnAdmit;
        store.OnAdmit = request =>
        {
            asked.TrySetResult(true);
            return outcome == AdmissionOutcome.Admitted ? admit(request) : new AdmissionAnswer { Outcome = outcome };
        };
        await using var fleet = await Fleet.StartAsync(
            Fleet.Group(static group => group with { Hedge = new HedgeConfig { After = Silence, MaxPercent = 100 } }), time, Tickets.Use(store),
            async context =>
            {
                reached.TrySetResult();
                await go.Task;
                await Fleet.StreamAsync(context, Fleet.StreamOf(0));
            },
            Fleet.Streams(Fleet.StreamOf(1)));

        var pending = fleet.Router.SendAsync(Requests.StreamWithUsage, claims: Tickets.With(Tickets.Hard(Held, cap: 5)));
        await reached.Task.WaitAsync(RouterHost.Patience);
        await Clock.RunAsync(time, asked.Task, Silence / 50);
        if (calls == 1)
        {
            go.SetResult();
        }

        using var response = await pending;
        await response.Content.ReadAsStringAsync();
        go.TrySetResult();

        // 20 tokens of input and 5 of output at twice the price, beside what the first may still cost.
        Assert.Equal(2 * Held, Assert.Single(store.Admissions).Bound.InputNanoUsd);
        var final = fleet.Final();
        Assert.Equal((RequestEnding.Completed, calls), (final.Ending, final.Attempts));
        await fleet.AssertAllGivenBackAsync();
    }
}
