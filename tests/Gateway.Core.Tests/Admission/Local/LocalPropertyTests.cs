using Gateway.Core.Admission.Local;
using Gateway.Core.Admission.Shared;
using static Gateway.Core.Tests.Admission.Local.LocalRequests;

namespace Gateway.Core.Tests.Admission.Local;

/// <summary>Random histories against the invariants: money never beyond a limit, nothing held at the end, rates in every interval.</summary>
[Collection(WholeProcessCollection.Name)]
public sealed class LocalPropertyTests
{
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Spent_and_held_never_pass_a_hard_limit_and_nothing_is_held_at_the_end(int seed)
    {
        var random = new Random(seed);
        for (var history = 0; history < 300; history++)
        {
            var store = new LocalAdmissionStore(_time);
            BudgetCharge[] budgets = [.. Enumerable.Range(0, 4).Select(i => Lifetime(random.Next(1, 30_000), $"scope:{i}"))];
            var spent = budgets.ToDictionary(static budget => budget.Booking, static _ => 0L);
            var open = new List<(AdmissionRequest Request, AdmissionAnswer Answer)>();
            var over = new List<AdmissionRequest>();
            for (var step = 0; step < 60; step++)
            {
                switch (random.Next(8))
                {
                    case 0 or 1 or 2 or 3:
                        var request = Paying(random.Next(0, 800), random.Next(1, 200), 1, [.. budgets.Where(_ => random.Next(2) == 0).DefaultIfEmpty(budgets[0])]);
                        request = request with { Bound = request.Bound with { LeastOutputCap = random.Next(1, (int)request.Bound.OutputCap + 1) } };
                        var answer = store.Admit(request);
                        Assert.Equal(answer.Outcome, store.Admit(request).Outcome);
                        if (answer.Outcome is AdmissionOutcome.Admitted)
                        {
                            open.Add((request, answer));
                        }

                        break;

                    case 4 or 5 when open.Count > 0:
                        var (done, held) = open[random.Next(open.Count)];
                        open.Remove((done, held));
                        over.Add(done);
                        var cost = random.NextInt64(0, held.HeldNanoUsd + 1);
                        Assert.Equal(SettleOutcome.Settled, store.Settle(SettlementOf(done, held, cost)));
                        Assert.Equal(SettleOutcome.Repeated, store.Settle(SettlementOf(done, held, cost)));
                        foreach (var budget in done.Budgets)
                        {
                            spent[budget.Booking] += cost;
                        }

                        break;

                    case 6 when open.Count > 0:
                        var voided = open[random.Next(open.Count)];
                        open.Remove(voided);
                        over.Add(voided.Request);
                        store.Void(HoldOf(voided.Request, voided.Answer));
                        break;

                    default:
                        _time.Advance(TimeSpan.FromSeconds(random.Next(0, 15)));
                        open.ForEach(one => store.Renew(HoldOf(one.Request, one.Answer)));
                        over.ForEach(one => store.Renew(HoldOf(one)));
                        over.ForEach(one => store.Void(HoldOf(one)));
                        break;
                }

                foreach (var budget in budgets)
                {
                    var state = StateOf(store, budget);
                    Assert.True(state.SpentNanoUsd + state.HeldNanoUsd <= budget.LimitNanoUsd, $"history {history}, step {step}: {state} of {budget.LimitNanoUsd}");
                    Assert.Equal(spent[budget.Booking], state.SpentNanoUsd);
                    Assert.Equal(open.Where(one => one.Request.Budgets.Contains(budget)).Sum(static one => one.Answer.HeldNanoUsd), state.HeldNanoUsd);
                }
            }

            _time.Advance(TimeSpan.FromSeconds(31));
            Assert.Equal(0, store.HeldNanoUsd);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 3)]
    [InlineData(4, 7)]
    public void Over_all_shares_every_interval_admits_at_most_burst_plus_rate(int seed, int edges)
    {
        var random = new Random(seed);
        LocalAdmissionStore[] stores = [.. Enumerable.Range(0, edges).Select(_ => new LocalAdmissionStore(_time) { Share = edges })];
        LimitRule[] rules =
        [
            new("key:a", "requests/1", LimitUnit.Requests, 70, TimeSpan.FromSeconds(1), 21, Shadow: false),
            new("key:a", "requests/60", LimitUnit.Requests, 601, TimeSpan.FromMinutes(1), 97, Shadow: false),
            new("team:a", "tokens/60", LimitUnit.Tokens, 90_000, TimeSpan.FromMinutes(1), 9_000, Shadow: false),
            new("org:a", "tokens/3600", LimitUnit.Tokens, 4_000_000, TimeSpan.FromHours(1), 100_000, Shadow: false),
        ];
        var admitted = new List<(TimeSpan At, long Tokens, bool[] Rules)>();
        var start = _time.GetTimestamp();
        for (var i = 0; i < 4_000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(random.NextDouble() * (random.Next(100) == 0 ? 9_000 : 30)));
            var used = Array.ConvertAll(rules, _ => random.Next(3) > 0);
            var request = Of([.. rules.Where((_, index) => used[index])]) with { Tokens = random.Next(0, 1_200 / edges) };
            var answer = stores[random.Next(edges)].Admit(request);
            if (answer.Outcome is AdmissionOutcome.Admitted)
            {
                admitted.Add((_time.GetElapsedTime(start), request.Tokens, used));
            }
        }

        Assert.True(admitted.Count > 500, $"{admitted.Count}");
        for (var i = 0; i < rules.Length; i++)
        {
            var rule = rules[i];
            AssertContract(rule, [.. admitted.Where(one => one.Rules[i]).Select(one => (one.At, Cost: rule.Unit is LimitUnit.Tokens ? one.Tokens : 1))]);
        }
    }

    [Fact]
    public void A_wait_is_true_for_every_mix_of_limits()
    {
        var random = new Random(5);
        var store = new LocalAdmissionStore(_time);
        LimitRule[] rules = [PerMinute(37, 3), PerMinute(601, 97, scope: "team:a"), PerMinute(9_001, 1_501, LimitUnit.Tokens)];
        var refusals = 0;
        for (var i = 0; i < 3_000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(random.Next(200)));
            var request = Of([.. rules.Where(_ => random.Next(2) == 0).DefaultIfEmpty(rules[0])]) with { Tokens = random.Next(2_000) };
            var answer = store.Admit(request);
            if (answer.Outcome is AdmissionOutcome.Limited)
            {
                refusals++;
                _time.Advance(answer.RetryAfter - TimeSpan.FromMicroseconds(1));
                Assert.Equal(AdmissionOutcome.Limited, store.Peek(request).Outcome);
                _time.Advance(TimeSpan.FromMicroseconds(1));
                Assert.Equal(AdmissionOutcome.Admitted, store.Admit(request).Outcome);
            }
        }

        Assert.True(refusals > 100, $"{refusals}");
    }

    [Theory]
    [InlineData(LimitUnit.Concurrency)]
    [InlineData(LimitUnit.Sessions)]
    public void Shares_of_places_and_sessions_add_up_to_no_more_than_the_limit(LimitUnit unit)
    {
        for (var edges = 1; edges <= 12; edges++)
        {
            for (var limit = edges; limit <= 40; limit++)
            {
                var rule = unit is LimitUnit.Concurrency ? AtOnce(limit) : SessionsInFiveMinutes(limit);
                var admitted = 0;
                for (var edge = 0; edge < edges; edge++)
                {
                    var store = new LocalAdmissionStore(_time) { Share = edges };
                    admitted += Enumerable.Range(0, 50).Count(i => store.Admit(Of(rule) with { Session = $"{edge}/{i}" }).Outcome is AdmissionOutcome.Admitted);
                }

                Assert.InRange(admitted, 1, limit);
            }
        }
    }

    [Fact]
    public async Task Threads_together_admit_exactly_what_one_would()
    {
        var store = new LocalAdmissionStore(_time);
        var budget = Lifetime(200 * 1_000);

        var admitted = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            Enumerable.Range(0, 1_000).Count(_ => store.Admit(Paying(100, 10, 10, budget) with { Limits = [AtOnce(2_000)] }).Outcome is AdmissionOutcome.Admitted))));

        // A bound of 150 while more than twenty of them are left, of 200 afterwards.
        var state = StateOf(store, budget);
        Assert.InRange(state.HeldNanoUsd, 200_000 - 200 + 1, 200_000);
        Assert.Equal(1_313 + 15, admitted.Sum());
    }

    [Fact]
    public void Random_scopes_without_end_take_no_more_than_20_MB()
    {
        var store = new LocalAdmissionStore(_time);
        for (var i = 0; i < 2_000; i++)
        {
            Flood(store, $"warm:{i}");
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 120_000; i++)
        {
            if (i % 1_000 == 0)
            {
                _time.Advance(TimeSpan.FromMilliseconds(20));
            }

            Flood(store, $"end:{i}");
        }

        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown < 20_000_000, $"{grown} bytes");
        GC.KeepAlive(store);
    }

    // Each by itself, so that none is kept out by what refuses another.
    private static void Flood(LocalAdmissionStore store, string scope)
    {
        var rate = new LimitRule(scope, "requests/86400", LimitUnit.Requests, 10, TimeSpan.FromDays(1), 10, Shadow: false);
        var sessions = new LimitRule(scope, "sessions/300", LimitUnit.Sessions, 10, TimeSpan.FromMinutes(5), 10, Shadow: false);
        var places = new LimitRule(scope, "concurrency", LimitUnit.Concurrency, 10, TimeSpan.Zero, 10, Shadow: false);
        store.Admit(Of(rate));
        store.Admit(Of(sessions) with { Session = scope });
        store.Admit(Of(places));
        store.Admit(Paying(1, 0, 0, new BudgetCharge(new BudgetSlot(scope + "|day:2026-11-21@UTC", 0), 1, 1_000, true, null)));
        store.Learn(Of(rate), new AdmissionAnswer { Outcome = AdmissionOutcome.Admitted, Limits = [new LimitState(5, TimeSpan.FromHours(5), false)] }, store.NowMicros);
    }

    private static void AssertContract(LimitRule rule, List<(TimeSpan At, long Cost)> admitted)
    {
        // Over all pairs in one pass: sum(from..to) - rate * time is greatest for the "from" with the least (sum before it - rate * its time).
        var least = decimal.MaxValue;
        var sum = 0m;
        foreach (var (at, cost) in admitted)
        {
            var due = (decimal)at.Ticks * rule.Limit / rule.Window.Ticks;
            least = Math.Min(least, sum - due);
            sum += cost;
            Assert.True(sum - due - least <= rule.Burst, $"{rule.Id}: {sum - due - least} instead of {rule.Burst}");
        }
    }
}
