using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Router.Cooldowns;
using Gateway.Router.Explain;
using Gateway.Router.Routing;

namespace Gateway.Router.Tests.Explain;

/// <summary>What is explained is what happens, in any state; and to explain changes nothing.</summary>
public sealed class ExplainEqualsRealityTests
{
    private const int States = 1000;
    private const int FirstSeed = 20_261_121;

    [Fact]
    public async Task In_1000_random_states_the_live_choice_is_the_one_that_was_explained()
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var seed = FirstSeed; seed < FirstSeed + States; seed++)
        {
            var (explanation, live) = await CompareAsync(seed);
            Count(seen, $"verdict {explanation.Verdict}");
            Count(seen, explanation.Pick.Deployment is null ? $"block {explanation.Pick.Block}" : "taken");
            Count(seen, explanation.Pick.IsProbe ? "probe" : "no probe");
            Count(seen, live.Group is not null && live.Group != explanation.Exchange.Group!.Name ? "fallback" : "own group");
            Count(seen, explanation.Groups.Any(static group => group.Views.Any(static view => view.Health == Health.Panic)) ? "panic" : "no panic");
            Count(seen, explanation.Groups.Count > 1 ? "several groups" : "one group");
        }

        // The states are worth nothing if they are all alike.
        var told = string.Join(", ", seen.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key}: {pair.Value}"));
        foreach (var (what, least) in ((string, int)[])[
            ("verdict Call", 300), ("verdict Refuse", 100), ("block Open", 5), ("block Limited", 5), ("block Busy", 5), ("block Quarantined", 3), ("block Excluded", 20),
            ("verdict Wait", 10), ("probe", 20), ("fallback", 20), ("panic", 5), ("several groups", 100)])
        {
            Assert.True(seen.GetValueOrDefault(what) >= least, $"Only {seen.GetValueOrDefault(what)} states with '{what}': {told}");
        }
    }

    private static async Task<(RouteExplanation Explanation, LiveChoice Live)> CompareAsync(int seed)
    {
        using var world = Make(seed, out var document, out var requests);
        using var twin = Make(seed, out _, out _);

        var (explanation, json) = await world.ExplainAsync(requests[0]);
        var (_, again) = await world.ExplainAsync(requests[0]);
        Check(json == again, $"To explain twice tells two things; the second: {again}");

        LiveChoice? first = null;
        foreach (var request in requests)
        {
            // In the twin nothing was explained, and it goes on in the same way.
            var live = await world.TakeAsync(request);
            var unexplained = await twin.TakeAsync(request);
            Check(Same(live, unexplained), $"To explain changed what happens then: {Show(live)}, without {Show(unexplained)}");
            first ??= live;
        }

        var (told, real) = (Show(explanation), Show(first!));
        Check(told == real, $"Explained {told}, live {real}");
        return (explanation, first!);

        void Check(bool holds, string what)
        {
            if (!holds)
            {
                Assert.Fail($"Seed {seed}: {what}\nRequest: {requests[0].Body}\nClaims: {requests[0].Claims}\nExplanation: {json}\nDocument: {Describe(document)}");
            }
        }
    }

    private static RoutingWorld Make(int seed, out GatewayConfig document, out AskedRequest[] requests)
    {
        var random = new RandomRouting(seed);
        document = random.Document();
        var world = new RoutingWorld(document);
        random.Live(world);
        requests = [random.Request(world), random.Request(world), random.Request(world)];
        return world;
    }

    private static bool Same(LiveChoice one, LiveChoice other) => Show(one) == Show(other);

    private static string Show(RouteExplanation explanation) => Show(
        explanation.Verdict == Verdict.Refuse && explanation.Trip is null ? null : explanation.Chosen?.Group.Name,
        explanation.Verdict == Verdict.Wait ? default : explanation.Trip is null ? default : explanation.Pick, explanation.Verdict == Verdict.Wait, explanation.Error?.Message);

    private static string Show(LiveChoice live) => Show(live.Group, live.Pick, live.Waits, live.Error?.Message);

    private static string Show(string? group, RoutePick pick, bool waits, string? error) =>
        $"[{group}] {pick.Deployment?.Id}#{pick.Deployment?.Index} {pick.Credential?.Credential?.Label} probe {pick.IsProbe} block {pick.Block} until {pick.UsableAt} waits {waits} error {error}";

    private static string Describe(GatewayConfig document) =>
        JsonSerializer.Serialize(new { document.Providers, document.Models, document.Aliases, document.Resolve }, RandomRouting.Indented);

    private static void Count(Dictionary<string, int> seen, string what) => seen[what] = seen.GetValueOrDefault(what) + 1;
}
