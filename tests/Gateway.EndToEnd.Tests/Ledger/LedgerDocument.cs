using Gateway.EndToEnd.Tests.Budgets;
using Gateway.Rig.History;

namespace Gateway.EndToEnd.Tests.Ledgers;

/// <summary>The document of the scenarios about the ledger, and what their checks have to know of it. Both deployments of a group have a price and a name of their own: one charged as the other is seen.</summary>
internal static class LedgerDocument
{
    /// <summary>Two deployments; the provider of the first can be made to fail by <see cref="FailingCredential"/>.</summary>
    public const string Chat = "chat";

    /// <summary>One deployment, input free, for keys with a hard budget.</summary>
    public const string Priced = "priced";

    public const string FailingCredential = "key-a";

    /// <summary>Keys with one dollar each.</summary>
    public const int HardKeys = 10;

    public static HistoryRules Rules { get; } = new()
    {
        Deployments = new Dictionary<string, KnownDeployment>(StringComparer.Ordinal)
        {
            ["a/sim-a"] = new(Chat, 0, "sim-a", 2500, 10_000) { CachedNanoUsd = 1250 },
            ["b/sim-b"] = new(Chat, 0, "sim-b", 3000, 11_000),
            ["plain/sim-priced"] = new(Priced, 0, "sim-priced", 0, 13_000),
        },
        Groups = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { [Chat] = [Chat], [Priced] = [Priced] },
    };

    public static string Text => $$"""
        version: 1
        server: { admin_key: "${GATEWAY_ADMIN_KEY}", max_body: 2MiB, drain: 5s }
        providers:
          a:     { protocol: openai, base_url: "${SIMULATOR_URL}/v1", keys: [{{FailingCredential}}], internal: true }
          b:     { protocol: openai, base_url: "${SIMULATOR_URL}/v1", keys: [key-b], internal: true }
          plain: { protocol: openai, base_url: "${SIMULATOR_URL}/v1", keys: [key-plain], internal: true }
        models:
          chat:   { access: internal, deployments: [ { provider: a, model: sim-a, price: { input: 2.50, cached_input: 1.25, output: 10.00 } }, { provider: b, model: sim-b, price: { input: 3, output: 11 } } ] }
          priced: { access: internal, deployments: [ { provider: plain, model: sim-priced, price: { input: 0, output: 13 } } ] }
        keys:
          - { id: demo, secret: "${GATEWAY_DEMO_KEY}", models: ["*"] }
        {{string.Join('\n', Enumerable.Range(1, HardKeys).Select(static number => $$"""  - { id: {{HardKey(number)}}, secret: {{BudgetDocument.Secret(HardKey(number))}}, models: ["*"], budget: { usd: 1, window: lifetime } }"""))}}
        """;

    /// <summary>Name of a key with one dollar, from 1.</summary>
    public static string HardKey(int number) => $"hard-{number}";
}
