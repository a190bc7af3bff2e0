using System.Text;

namespace Gateway.EndToEnd.Tests;

/// <summary>A gateway with one provider of each protocol, all of them the Simulator: models <c>chat-UPSTREAM</c> and <c>embed-UPSTREAM</c>.</summary>
public sealed class ProtocolRig : IAsyncLifetime
{
    public const string Name = "protocol rig";

    public const string NarrowKey = "rig-narrow-key";

    /// <summary>Upstreams by name, with what their provider has besides the key.</summary>
    private static readonly (string Name, string Provider, bool Embeds)[] All =
    [
        ("openai", "protocol: openai, base_url: \"${SIMULATOR_URL}/v1\", quirks: { max_completion_tokens: true, developer_role: true }", true),
        ("responses", "protocol: openai, base_url: \"${SIMULATOR_URL}/v1\", quirks: { responses: true, prefer_responses: true, max_completion_tokens: true, developer_role: true }", true),
        ("anthropic", "protocol: anthropic, base_url: \"${SIMULATOR_URL}\"", false),
        ("gemini", "protocol: gemini, base_url: \"${SIMULATOR_URL}\"", true),
        ("vertex", "protocol: vertex, base_url: \"${SIMULATOR_URL}/v1/projects/p/locations/l/publishers/google\"", true),
        ("ollama", "protocol: ollama, base_url: \"${SIMULATOR_URL}\"", true),
        ("azure", "protocol: azure-openai, base_url: \"${SIMULATOR_URL}/openai/v1\"", true),
        ("bedrock", "protocol: bedrock, base_url: \"${SIMULATOR_URL}\"", false),
    ];

    public static IReadOnlyList<string> Upstreams { get; } = [.. All.Select(static upstream => upstream.Name)];

    private static int _broken;

    public GatewayRig Rig { get; private set; } = null!;

    /// <summary>A model of an upstream that no other test asks for: its failures are held against nothing that another one uses.</summary>
    public static string Broken(string upstream) => $"{upstream}/sim-broken-{Interlocked.Increment(ref _broken)}";

    public async Task InitializeAsync() => Rig = await GatewayRig.StartAsync(new RigOptions { Config = Config() });

    public async Task DisposeAsync() => await Rig.DisposeAsync();

    private static string Config()
    {
        var text = new StringBuilder("version: 1\nserver: { admin_key: \"${GATEWAY_ADMIN_KEY}\", max_body: 8MiB, drain: 5s }\nproviders:\n");
        foreach (var (name, provider, _) in All)
        {
            text.Append($"  {name}: {{ {provider}, keys: [sim-key-{name}], internal: true }}\n");
        }

        text.Append("models:\n");
        foreach (var (name, _, embeds) in All)
        {
            text.Append($"  chat-{name}: {{ deployments: [ {{ provider: {name}, model: sim-{name}, price: {{ input: 1, output: 2 }} }} ] }}\n");
            if (embeds)
            {
                text.Append($"  embed-{name}: {{ deployments: [ {{ provider: {name}, model: sim-embed-{name}, price: {{ input: 1, output: 0 }} }} ] }}\n");
            }
        }

        text.Append("resolve: { default_provider: openai }\nkeys:\n");
        text.Append("  - { id: demo, secret: \"${GATEWAY_DEMO_KEY}\", models: [\"*\"] }\n");
        text.Append($"  - {{ id: narrow, secret: {NarrowKey}, models: [\"nothing\"] }}\n");
        return text.ToString();
    }
}

[CollectionDefinition(ProtocolRig.Name)]
public sealed class ProtocolRigCollection : ICollectionFixture<ProtocolRig>;
