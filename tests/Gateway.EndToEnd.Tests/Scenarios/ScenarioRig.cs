using System.Globalization;

namespace Gateway.EndToEnd.Tests.Scenarios;

/// <summary>One gateway with two providers behind links, for all scenarios.</summary>
public sealed class ScenarioRig : IAsyncLifetime
{
    public const string Name = "scenarios";

    /// <summary>Environment variable that sets <see cref="Seed"/>; every run prints it.</summary>
    public const string SeedVariable = "SCENARIO_SEED";

    public GatewayRig Rig { get; private set; } = null!;

    internal ScenarioDocument Document { get; } = Scenarios();

    public static int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable(SeedVariable), CultureInfo.InvariantCulture, out var seed) ? seed : 1;

    public async Task InitializeAsync() => Rig = await GatewayRig.StartAsync(new RigOptions
    {
        Config = Document.ToYaml(),
        Simulators = 2,
        Links = true,
        Seed = Seed,
        Redis = false,
        Environment = new Dictionary<string, string?> { ["SIMULATOR_SEED"] = Seed.ToString(CultureInfo.InvariantCulture) },
    });

    public async Task DisposeAsync() => await Rig.DisposeAsync();

    private static ScenarioDocument Scenarios() => new ScenarioDocument()
        .Provider("a", 0).Provider("b", 1)
        .Provider("two-keys", 0, keys: ["tk-good", "tk-bad"])
        .Provider("short-a", 0, silence: "1600ms", total: "2s").Provider("short-b", 1, silence: "1600ms", total: "2s")
        .Provider("link-a", 0).Provider("link-b", 1)
        .Provider("patient", 0, silence: "20s")
        .Provider("short-cheap", 0, input: 500, output: 40_000).Provider("long-cheap", 1, input: 8000, output: 2000)
        .Provider("full", 0, concurrency: 4).Group("shared", ["full"])
        .Group("weights", ["a*3", "b"]).Group("busy", ["a", "b"], "strategy: least_busy").Group("cost-talk", ["short-cheap", "long-cheap"], "strategy: lowest_cost").Group("cost-read", ["short-cheap", "long-cheap"], "strategy: lowest_cost")
        .Group("talks", ["a", "b"], "strategy: sticky").Group("quota", ["a", "b"]).Group("rested", ["a", "b"]).Group("paused", ["a", "b"])
        .Group("before", ["a", "b"]).Group("after", ["a", "b"]).Group("plain-faults", ["a", "b"]).Group("translated", ["a", "b"])
        .Group("gone", ["a", "b"]).Group("slow-readers", ["patient"])
        .Group("partial", ["a", "b"]).Group("budget", ["a", "b"]).Group("out", ["a", "b"]).Group("keys", ["two-keys"])
        .Group("deadline-head", ["short-a", "short-b"]).Group("deadline-first", ["short-a", "short-b"]).Group("deadline-rest", ["short-a", "short-b"]).Group("linked", ["link-a", "link-b"])
        .Group("cheap", ["b"]).Group("dear", ["a"], fallbacks: ["cheap"]).Group("dear-alone", ["a"], fallbacks: ["cheap"])
        .Group("seconds", ["a", "b"]).Group("date", ["a", "b"]).Group("milliseconds", ["a", "b"]).Group("nonsense", ["a", "b"])
        .Group("recovery", ["a", "b"]).Group("latency", ["a", "b"], "strategy: lowest_latency")
        .Key("flood", "flood-scenario-key", "shared").Key("calm", "calm-scenario-key", "shared")
        .Key("narrow", "narrow-scenario-key", "dear-alone");
}

[CollectionDefinition(ScenarioRig.Name)]
public sealed class ScenarioCollection : ICollectionFixture<ScenarioRig>;
