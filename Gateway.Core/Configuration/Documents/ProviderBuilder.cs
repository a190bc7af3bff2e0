using System.Collections.Frozen;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Makes the records of providers.</summary>
internal static class ProviderBuilder
{
    public static ProviderConfig Build(string name, ConfigNode node)
    {
        var protocol = ProtocolNames.All[node.Text("protocol")!];
        return new()
        {
            Name = name,
            Protocol = protocol,
            BaseUrl = BaseUrl.WithVersion(node.Get<Uri>("base_url", null!), protocol),
            Keys = [.. node.ItemsOf("keys").Select(Key)],
            Limits = Limits(node.Member("limits")),
            Connection = Connection(node.Member("connection")),
            Paths = Texts(node, "paths"),
            Tags = Texts(node, "tags"),
            Probe = node.Member("probe") is { } probe ? Probe(probe) : null,
            SlowStream = node.Member("slow_stream") is { } slow ? SlowStream(slow) : null,
            Headers = [.. node.MembersOf("headers").Select(static entry => KeyValuePair.Create(entry.Key, (string)entry.Value.Value!))],
            Internal = node.Get("internal", false),
            Timeouts = Timeouts(node.Member("timeouts")),
            ListModels = node.Get("list_models", false),
            Quirks = Quirks(node.Member("quirks")),
        };
    }

    /// <summary>Texts by name, e.g. labels.</summary>
    public static FrozenDictionary<string, string> Texts(ConfigNode node, string name) =>
        node.Member(name) is { Members.Count: > 0 } map
            ? map.Members.ToFrozenDictionary(static entry => entry.Key, static entry => (string)entry.Value.Value!, StringComparer.Ordinal)
            : FrozenDictionary<string, string>.Empty;

    public static QuirksConfig Quirks(ConfigNode? node) => node is null ? new() : new()
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

    private static ProviderKeyConfig Key(ConfigNode node) => node.Value is string secret
        ? new() { Secret = secret }
        : new() { Secret = node.Text("secret")!, Weight = (int)node.Get("weight", 1L), Limits = Limits(node.Member("limits")) };

    private static UpstreamLimits Limits(ConfigNode? node) => node is null ? UpstreamLimits.None : new()
    {
        RequestsPerMinute = node.Get<long?>("requests_per_minute", null),
        TokensPerMinute = node.Get<long?>("tokens_per_minute", null),
        Concurrency = node.Get<long?>("concurrency", null),
        SessionsPer5Minutes = node.Get<long?>("sessions_5m", null),
        SessionsPerHour = node.Get<long?>("sessions_1h", null),
        SessionsPerDay = node.Get<long?>("sessions_1d", null),
    };

    private static ConnectionConfig Connection(ConfigNode? node)
    {
        if (node is null)
        {
            return ConnectionConfig.Standard;
        }

        var tls = node.Member("tls");
        return new()
        {
            Http = node.Text("http") switch { "auto" => HttpVersionChoice.Auto, "2" => HttpVersionChoice.Http2, _ => HttpVersionChoice.Http1 },
            Proxy = node.Get<Uri?>("proxy", null),
            ProxyCredential = node.Text("proxy_credential"),
            MaxConnections = (int?)node.Get<long?>("max_connections", null),
            Lifetime = node.Get("lifetime", ConnectionConfig.Standard.Lifetime),
            TlsAuthorities = tls?.Text("authorities"),
            TlsCertificate = tls?.Text("certificate"),
            TlsServerName = tls?.Text("server_name"),
        };
    }

    private static ProbeConfig Probe(ConfigNode node)
    {
        var standard = new ProbeConfig { Path = node.Text("path")! };
        return standard with { Interval = node.Get("interval", standard.Interval), Timeout = node.Get("timeout", standard.Timeout) };
    }

    private static SlowStreamConfig SlowStream(ConfigNode node)
    {
        var standard = new SlowStreamConfig { EventsPerSecond = node.Get("events_per_second", 0d) };
        return standard with { Window = node.Get("window", standard.Window) };
    }

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
}
