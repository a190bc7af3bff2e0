using System.Collections.Frozen;
using Gateway.Core.Money;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Makes the records out of a document without errors.</summary>
internal static class ConfigBuilder
{
    public static GatewayConfig Build(ConfigNode root)
    {
        var names = new ModelNames(root);
        return new()
        {
            Server = Server(root.Member("server")),
            Providers = root.MembersOf("providers").ToFrozenDictionary(static entry => entry.Key, static entry => Provider(entry.Key, entry.Value), StringComparer.Ordinal),
            Models = root.MembersOf("models").ToFrozenDictionary(static entry => entry.Key, static entry => Group(entry.Key, entry.Value), StringComparer.Ordinal),
            Aliases = root.MembersOf("aliases").ToFrozenDictionary(static entry => entry.Key, entry => AliasTarget(root, names, entry.Key), StringComparer.Ordinal),
            Resolve = new() { DefaultProvider = root.Member("resolve")?.Text("default_provider"), Prefixes = ModelNames.Prefixes(root) },
            Keys = [.. root.ItemsOf("keys").Select(Key)],
            Moderation = new()
            {
                Policies = (root.Member("moderation")?.MembersOf("policies") ?? [])
                    .ToFrozenDictionary(static entry => entry.Key, static entry => Policy(entry.Key, entry.Value), StringComparer.Ordinal),
            },
        };
    }

    private static ServerConfig Server(ConfigNode? node)
    {
        var standard = new ServerConfig();
        return node is null ? standard : new()
        {
            AdminKey = node.Text("admin_key"),
            MaxBodyBytes = node.Get("max_body", standard.MaxBodyBytes),
            Drain = node.Get("drain", standard.Drain),
        };
    }

    private static ProviderConfig Provider(string name, ConfigNode node) => new()
    {
        Name = name,
        Protocol = Protocol(node),
        BaseUrl = BaseUrl.WithVersion(node.Get<Uri>("base_url", null!), Protocol(node)),
        Keys = [.. Texts(node, "keys").Select(static secret => new ProviderKeyConfig { Secret = secret })],
        Headers = [.. node.MembersOf("headers").Select(static entry => KeyValuePair.Create(entry.Key, (string)entry.Value.Value!))],
        Internal = node.Get("internal", false),
        Timeouts = Timeouts(node.Member("timeouts")),
        ListModels = node.Get("list_models", false),
        Quirks = Quirks(node.Member("quirks")),
    };

    private static ProviderProtocol Protocol(ConfigNode node) => node.Text("protocol") switch
    {
        "anthropic" => ProviderProtocol.Anthropic,
        "gemini" => ProviderProtocol.Gemini,
        "vertex" => ProviderProtocol.Vertex,
        "ollama" => ProviderProtocol.Ollama,
        "azure-openai" => ProviderProtocol.AzureOpenAI,
        "bedrock" => ProviderProtocol.Bedrock,
        _ => ProviderProtocol.OpenAI,
    };

    private static QuirksConfig Quirks(ConfigNode? node) => node is null ? new() : new()
    {
        MaxCompletionTokens = node.Get<bool?>("max_completion_tokens", null),
        DeveloperRole = node.Get<bool?>("developer_role", null),
        Responses = node.Get<bool?>("responses", null),
        PreferResponses = node.Get<bool?>("prefer_responses", null),
        ApiVersion = node.Text("api_version"),
        StreamUsage = node.Get<bool?>("stream_usage", null),
        EchoReasoning = node.Get<bool?>("echo_reasoning", null),
        CacheControl = node.Get<bool?>("cache_control", null),
        ShortToolIds = node.Get<bool?>("short_tool_ids", null),
        FixedTemperature = node.Get<bool?>("fixed_temperature", null),
        JsonSchema = node.Get<bool?>("json_schema", null),
        Reasoning = node.Get<bool?>("reasoning", null),
    };

    private static TranslationConfig Translation(ConfigNode? node) => node is null ? new() : new()
    {
        Unmappable = node.Text("unmappable") == "reject" ? UnmappableFields.Reject : UnmappableFields.Drop,
        MidSystem = node.Text("mid_system") switch { "inline" => MidSystemMode.Inline, "reject" => MidSystemMode.Reject, _ => MidSystemMode.Hoist },
        LeadUser = node.Text("lead_user"),
        DefaultMaxTokens = node.Get<long?>("default_max_tokens", null),
        StrictTools = node.Get("strict_tools", false),
        EchoUpstreamModel = node.Text("echo_model") == "upstream",
    };

    private static TimeoutConfig Timeouts(ConfigNode? node)
    {
        var standard = new TimeoutConfig();
        return node is null ? standard : new()
        {
            Connect = node.Get("connect", standard.Connect),
            FirstByte = node.Get("first_byte", standard.FirstByte),
            Idle = node.Get("idle", standard.Idle),
            Total = node.Get("total", standard.Total),
        };
    }

    private static ModelGroupConfig Group(string name, ConfigNode node) => new()
    {
        Name = name,
        Deployments = [.. node.ItemsOf("deployments").Select(static deployment => new DeploymentConfig
        {
            Provider = deployment.Text("provider")!,
            Model = deployment.Text("model")!,
            Weight = (int)deployment.Get("weight", 1L),
            Price = deployment.Member("price") is { } price ? Price(price) : null,
            MaxOutput = deployment.Get<long?>("max_output", null),
            Quirks = Quirks(deployment.Member("quirks")),
        })],
        Moderation = node.Text("moderation"),
        Translation = Translation(node.Member("translation")),
    };

    private static TokenPrice Price(ConfigNode node)
    {
        var input = node.Get("input", 0L);
        return new(input, node.Get("cached_input", input), node.Get("cache_write", input), node.Get("output", 0L));
    }

    /// <summary>Chains are followed here once, so that a request needs one look-up.</summary>
    private static string AliasTarget(ConfigNode root, ModelNames names, string alias) =>
        names.Resolve((string)AliasRules.Follow(root.Member("aliases")!, alias, out _).Value!)!;

    private static VirtualKeyConfig Key(ConfigNode node)
    {
        var providers = Texts(node, "providers");
        return new()
        {
            Id = node.Text("id")!,
            Secret = node.Text("secret")!,
            Team = node.Text("team"),
            Models = Texts(node, "models"),
            Providers = providers.Count > 0 ? providers : ["*"],
            Expires = node.Get<DateTimeOffset?>("expires", null),
            RequestsPerMinute = node.Member("limits")?.Get<long?>("requests_per_minute", null),
            Moderation = node.Text("moderation"),
        };
    }

    private static ModerationPolicyConfig Policy(string name, ConfigNode node) => new()
    {
        Name = name,
        Mode = node.Text("mode") == "best_effort" ? ModerationMode.BestEffort : ModerationMode.Required,
        Input = [.. node.ItemsOf("input").Select(Check)],
    };

    private static ModerationCheckConfig Check(ConfigNode node)
    {
        var check = new ModerationCheckConfig
        {
            Action = node.Text("action") == "redact" ? ModerationAction.Redact : ModerationAction.Block,
            Keywords = Texts(node, "list"),
            Pattern = node.Text("pattern"),
        };
        return node.Text("replacement") is { } replacement ? check with { Replacement = replacement } : check;
    }

    private static IReadOnlyList<string> Texts(ConfigNode node, string name) => [.. node.ItemsOf(name).Select(static item => (string)item.Value!)];
}
