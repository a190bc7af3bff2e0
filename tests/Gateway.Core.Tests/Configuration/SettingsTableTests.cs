using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.Core.Configuration;
using Gateway.Core.Configuration.Settings;

namespace Gateway.Core.Tests.Configuration;

/// <summary>Every setting is alive: what the table calls available changes the configuration, all else is refused by name.</summary>
public sealed partial class SettingsTableTests
{
    // JSON is YAML, and a tree of it can be changed at any path. The document uses no setting that has a default, so that
    // each can be added; where a path needs more around it, it is here.
    private const string Full = """
        {
          "version": 1,
          "server": {},
          "providers": {
            "p": { "protocol": "openai", "base_url": "https://p.example.com/v1", "timeouts": {} },
            "q": {
              "protocol": "openai", "base_url": "https://q.example.com/v1", "tags": { "region": "eu" }, "keys": [ { "secret": "one" } ],
              "connection": { "proxy": "http://proxy.example.com:3128" }, "probe": { "path": "/health" }, "slow_stream": { "events_per_second": 1 }
            },
            "anthropic": { "protocol": "anthropic", "base_url": "https://a.example.com/v1" }
          },
          "models": {
            "m": { "deployments": [ { "provider": "p", "model": "one", "price": { "input": 1, "output": 2 } } ], "hedge": {} },
            "hybrid": { "deployments": [ { "provider": "p", "model": "one" } ], "strategy": "hybrid" },
            "weights": { "deployments": [ { "provider": "p", "model": "one" } ], "strategy": "hybrid", "priority": { "cost": 0.5, "errors": 0.5 } },
            "sticky": { "deployments": [ { "provider": "p", "model": "one" } ], "strategy": "sticky" },
            "falling": { "deployments": [ { "provider": "p", "model": "one" } ], "fallbacks": [ { "model": "sticky" } ] }
          },
          "organisations": { "o": {}, "other": {} },
          "teams": { "t": {} },
          "users": { "u": {} },
          "end_users": {},
          "routes": [ { "path": "/r", "model": "m" } ],
          "processors": { "x": { "type": "llm", "model": "m", "system": "Be precise." } },
          "resolve": {},
          "usage": {},
          "keys": [ { "id": "k", "secret": "s-secret", "models": ["m"] }, { "id": "hashed", "hash": "0000000000000000000000000000000000000000000000000000000000000000", "models": ["m"] } ],
          "auth": { "jwt": [
            { "name": "j", "issuer": "https://issuer.example.com", "audience": "gateway", "jwks_url": "https://issuer.example.com/keys", "roles_claim": "roles", "models": ["m"] },
            { "name": "i", "issuer": "i", "audience": ["gateway"], "keys": ["0123456789abcdef0123456789abcdef"], "models": ["m"] }
          ] },
          "moderation": { "policies": {
            "x": { "input": [ { "check": "keywords", "list": ["a"], "action": "redact" }, { "check": "regex", "pattern": "b", "action": "block" } ] }
          } }
        }
        """;

    /// <summary>A value for each available leaf that differs from <see cref="Full"/> and from the default.</summary>
    private static readonly Dictionary<string, string> Samples = new(StringComparer.Ordinal)
    {
        ["server.admin_key"] = "\"admin-secret\"",
        ["server.max_body"] = "\"1MiB\"",
        ["server.public_requests_per_minute"] = "7",
        ["server.drain"] = "\"5s\"",
        ["providers.p.base_url"] = "\"https://other.example.com/v1\"",
        ["providers.p.keys"] = "[\"a\", \"b\"]",
        ["providers.q.keys[0].secret"] = "\"two\"",
        ["providers.q.keys[0].weight"] = "2",
        ["providers.q.keys[0].limits.requests_per_minute"] = "1",
        ["providers.q.keys[0].limits.tokens_per_minute"] = "2",
        ["providers.q.keys[0].limits.concurrency"] = "3",
        ["providers.q.keys[0].limits.sessions_5m"] = "4",
        ["providers.q.keys[0].limits.sessions_1h"] = "5",
        ["providers.q.keys[0].limits.sessions_1d"] = "6",
        ["providers.p.limits.requests_per_minute"] = "1",
        ["providers.p.limits.tokens_per_minute"] = "2",
        ["providers.p.limits.concurrency"] = "3",
        ["providers.p.limits.sessions_5m"] = "4",
        ["providers.p.limits.sessions_1h"] = "5",
        ["providers.p.limits.sessions_1d"] = "6",
        ["providers.p.connection.http"] = "\"auto\"",
        ["providers.p.connection.proxy"] = "\"socks5://proxy.example.com:1080\"",
        ["providers.q.connection.proxy_credential"] = "\"user:password\"",
        ["providers.p.connection.max_connections"] = "10",
        ["providers.p.connection.lifetime"] = "\"1m\"",
        ["providers.p.connection.tls.authorities"] = "\"/etc/ca.pem\"",
        ["providers.p.connection.tls.certificate"] = "\"/etc/client.pem\"",
        ["providers.p.connection.tls.server_name"] = "\"inner.example.com\"",
        ["providers.p.paths.chat_completions"] = "\"/chat\"",
        ["providers.p.paths.completions"] = "\"/complete\"",
        ["providers.p.paths.responses"] = "\"/respond\"",
        ["providers.p.paths.embeddings"] = "\"/embed\"",
        ["providers.p.paths.count_tokens"] = "\"/count\"",
        ["providers.p.paths.images"] = "\"/pictures\"",
        ["providers.p.paths.audio"] = "\"/sound\"",
        ["providers.p.paths.rerank"] = "\"/v2/rerank\"",
        ["providers.p.paths.files"] = "\"/uploads\"",
        ["providers.p.paths.models"] = "\"/catalog\"",
        ["providers.anthropic.paths.messages"] = "\"/talk\"",
        ["providers.p.tags"] = "{ \"region\": \"us\" }",
        ["providers.q.probe.path"] = "\"/models\"",
        ["providers.q.probe.interval"] = "\"20s\"",
        ["providers.q.probe.timeout"] = "\"1s\"",
        ["providers.q.slow_stream.events_per_second"] = "2.5",
        ["providers.q.slow_stream.window"] = "\"30s\"",
        ["providers.p.headers"] = "{ \"x-team\": \"blue sky\" }",
        ["providers.p.internal"] = "true",
        ["providers.p.timeouts.connect"] = "\"3s\"",
        ["providers.p.timeouts.first_byte"] = "\"31s\"",
        ["providers.p.timeouts.idle"] = "\"32s\"",
        ["providers.p.timeouts.total"] = "\"11m\"",
        ["providers.p.list_models"] = "true",
        ["providers.p.quirks.max_completion_tokens"] = "true",
        ["providers.p.quirks.developer_role"] = "true",
        ["providers.p.quirks.responses"] = "true",
        ["providers.p.quirks.prefer_responses"] = "true",
        ["providers.p.quirks.api_version"] = "\"2025-01-01\"",
        ["providers.p.quirks.stream_usage"] = "false",
        ["providers.p.quirks.echo_reasoning"] = "true",
        ["providers.p.quirks.cache_control"] = "true",
        ["providers.p.quirks.short_tool_ids"] = "true",
        ["providers.p.quirks.fixed_temperature"] = "true",
        ["providers.p.quirks.json_schema"] = "false",
        ["providers.p.quirks.reasoning"] = "false",
        ["models.m.deployments[0].quirks.max_completion_tokens"] = "true",
        ["models.m.deployments[0].quirks.developer_role"] = "true",
        ["models.m.deployments[0].quirks.responses"] = "true",
        ["models.m.deployments[0].quirks.prefer_responses"] = "true",
        ["models.m.deployments[0].quirks.api_version"] = "\"2025-01-01\"",
        ["models.m.deployments[0].quirks.stream_usage"] = "false",
        ["models.m.deployments[0].quirks.echo_reasoning"] = "true",
        ["models.m.deployments[0].quirks.cache_control"] = "true",
        ["models.m.deployments[0].quirks.short_tool_ids"] = "true",
        ["models.m.deployments[0].quirks.fixed_temperature"] = "true",
        ["models.m.deployments[0].quirks.json_schema"] = "false",
        ["models.m.deployments[0].quirks.reasoning"] = "false",
        ["models.m.deployments[0].max_output"] = "1000",
        ["models.m.deployments[0].order"] = "2",
        ["models.m.deployments[0].context"] = "128000",
        ["models.m.deployments[0].supports"] = "[]",
        ["models.m.deployments[0].tags"] = "{ \"zone\": \"a\" }",
        ["models.m.access"] = "\"public\"",
        ["models.m.strategy"] = "\"least_busy\"",
        ["models.hybrid.priority"] = "\"token\"",
        ["models.weights.priority.cost"] = "1",
        ["models.weights.priority.latency"] = "1.5",
        ["models.weights.priority.load"] = "0.001",
        ["models.weights.priority.errors"] = "0",
        ["models.sticky.sticky_by"] = "\"prefix\"",
        ["models.m.attempts"] = "2",
        ["models.m.fallbacks"] = "[\"sticky\"]",
        ["models.falling.fallbacks[0].model"] = "\"p/other\"",
        ["models.falling.fallbacks[0].on"] = "[\"budget\"]",
        ["models.m.hedge.after"] = "\"800ms\"",
        ["models.m.hedge.max_percent"] = "2.5",
        ["models.m.queue.size"] = "0",
        ["models.m.queue.wait"] = "\"2s\"",
        ["teams.t.weight"] = "3",
        ["routes[0].path"] = "\"/support/v1\"",
        ["routes[0].model"] = "\"sticky\"",
        ["routes[0].streaming"] = "\"never\"",
        ["routes[0].processors"] = "[\"x\"]",
        ["processors.x.model"] = "\"sticky\"",
        ["processors.x.system"] = "\"Be short.\"",
        ["processors.x.max_tokens"] = "300",
        ["keys[0].priority"] = "\"batch\"",
        ["keys[0].weight"] = "2",
        ["keys[0].requires"] = "{ \"region\": \"eu\" }",
        ["keys[0].may_steer"] = "false",
        ["models.m.translation.unmappable"] = "\"reject\"",
        ["models.m.translation.mid_system"] = "\"inline\"",
        ["models.m.translation.lead_user"] = "\"Go on.\"",
        ["models.m.translation.default_max_tokens"] = "100",
        ["models.m.translation.strict_tools"] = "true",
        ["models.m.translation.echo_model"] = "\"upstream\"",
        ["models.m.deployments[0].provider"] = "\"q\"",
        ["models.m.deployments[0].model"] = "\"two\"",
        ["models.m.deployments[0].weight"] = "3",
        ["pricing.catalogue"] = "\"none\"",
        ["models.m.moderation"] = "\"x\"",
        ["aliases"] = "{ \"n\": \"m\" }",
        ["resolve.default_provider"] = "\"p\"",
        ["resolve.prefixes"] = "{ \"gpt-*\": \"p\" }",
        ["keys[0].id"] = "\"other\"",
        ["keys[0].secret"] = "\"other-secret\"",
        ["keys[0].team"] = "\"research\"",
        ["keys[0].models"] = "[\"*\"]",
        ["keys[0].providers"] = "[\"p\"]",
        ["keys[0].expires"] = "\"2027-01-01\"",
        ["keys[1].hash"] = "\"00000000000000000000000000000000000000000000000000000000000000FF\"",
        ["keys[0].disabled"] = "true",
        ["keys[0].user"] = "\"alice\"",
        ["keys[0].organisation"] = "\"o\"",
        ["keys[0].addresses"] = "[\"10.0.0.0/8\"]",
        ["keys[0].labels"] = "{ \"cost-centre\": \"7\" }",
        ["teams.t.organisation"] = "\"o\"",
        ["users.u.team"] = "\"t\"",
        ["users.u.organisation"] = "\"o\"",
        ["auth.jwt[0].name"] = "\"other\"",
        ["auth.jwt[0].issuer"] = "\"https://other.example.com\"",
        ["auth.jwt[0].audience"] = "[\"gateway\", \"other\"]",
        ["auth.jwt[0].jwks_url"] = "\"https://issuer.example.com/keys?p=2\"",
        ["auth.jwt[1].keys"] = "[\"0123456789abcdef0123456789abcdeF\"]",
        ["auth.jwt[0].internal"] = "true",
        ["auth.jwt[0].subject_claim"] = "\"oid\"",
        ["auth.jwt[0].team_claim"] = "\"groups.team\"",
        ["auth.jwt[0].user_claim"] = "\"email\"",
        ["auth.jwt[0].roles_claim"] = "\"realm_access.roles\"",
        ["auth.jwt[0].models_claim"] = "\"models\"",
        ["auth.jwt[0].required_roles"] = "[\"llm\"]",
        ["auth.jwt[0].models"] = "[\"*\"]",
        ["auth.jwt[0].providers"] = "[\"p\"]",
        ["auth.jwt[0].team"] = "\"t\"",
        ["models.m.output_cap"] = "4096",
        ["keys[0].moderation"] = "\"x\"",
        ["keys[0].capture"] = "\"metadata\"",
        ["routes[0].capture"] = "\"full\"",
        ["usage.retention"] = "\"7d\"",
        ["usage.capture"] = "\"redacted\"",
        ["usage.capture_retention"] = "\"7d\"",
        ["moderation.policies.x.mode"] = "\"best_effort\"",
        ["moderation.policies.x.input[0].list"] = "[\"c\"]",
        ["moderation.policies.x.input[0].action"] = "\"block\"",
        ["moderation.policies.x.input[0].replacement"] = "\"***\"",
        ["moderation.policies.x.input[1].pattern"] = "\"d\"",
    };

    static SettingsTableTests()
    {
        foreach (var (path, value) in AllowanceSamples.All().Concat(PriceSamples.All()))
        {
            Samples.Add(path, value);
        }
    }

    /// <summary>Leaves with a single possible value, or whose change needs another member; each has its own test.</summary>
    private static readonly string[] Elsewhere = ["version", "providers.NAME.protocol", "moderation.policies.NAME.input[].check", "processors.NAME.type"];

    public static TheoryData<string> SamplePaths => [.. Samples.Keys];

    public static TheoryData<string> LaterPaths => [.. SettingsReference.All().Where(static row => !row.Setting.Available && row.Setting.Name.Length > 0).Select(static row => row.Path)];

    public static TheoryData<string, string> LaterChoices
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (path, setting) in SettingsReference.All().Where(static row => row.Setting.Available))
            {
                foreach (var choice in setting.LaterChoices)
                {
                    data.Add(path, choice);
                }
            }

            return data;
        }
    }

    public static TheoryData<string, string> Defaults
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (path, setting) in SettingsReference.All().Where(static row => row.Setting is { Available: true, Default: not null }))
            {
                if (!setting.Default!.StartsWith('`'))
                {
                    data.Add(path, setting.Default);
                }
            }

            return data;
        }
    }

    [Fact]
    public void Table_EveryAvailableLeaf_HasASample()
    {
        var sampled = Samples.Keys.Select(General).Concat(Elsewhere).ToHashSet(StringComparer.Ordinal);
        var leaves = SettingsReference.All()
            .Where(static row => row.Setting is { Available: true, Name.Length: > 0 } && (!row.Setting.IsContainer || row.Setting.Item is { IsContainer: false }))
            .Select(static row => row.Path);

        Assert.Superset(leaves.ToHashSet(StringComparer.Ordinal), sampled);
    }

    [Theory]
    [MemberData(nameof(SamplePaths))]
    public void AvailableSetting_WithAnotherValue_ChangesTheConfiguration(string path)
    {
        var without = Documents.Good(Prepared(path).ToJsonString());

        var with = Documents.Good(With(path, JsonNode.Parse(Samples[path])!));

        Assert.NotEqual(Dump(without), Dump(with));
    }

    [Theory]
    [MemberData(nameof(Defaults))]
    public void AvailableSetting_WithItsDocumentedDefault_ChangesNothing(string path, string standard)
    {
        JsonNode value = standard switch
        {
            "[]" => new JsonArray(),
            "{}" => new JsonObject(),
            "[\"*\"]" => new JsonArray("*"),
            "[error]" => new JsonArray("error"),
            _ => JsonValue.Create(standard),
        };

        Assert.Equal(Dump(Documents.Good(Prepared(path).ToJsonString())), Dump(Documents.Good(With(Specific(path), value))));
    }

    [Theory]
    [MemberData(nameof(LaterPaths))]
    public void UnavailableSetting_Anywhere_IsRefusedByName(string path)
    {
        var refused = Documents.Load(With(Specific(path), JsonValue.Create("x"))).Errors;

        // The error names the setting, or the section above it when that as a whole is not available.
        var error = Assert.Single(refused);
        Assert.Equal("not available yet", error.Message);
        Assert.StartsWith(error.Path, Specific(path), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(LaterChoices))]
    public void UnavailableChoice_OfAnAvailableSetting_IsRefusedByName(string path, string choice)
    {
        var error = Assert.Single(Documents.Load(With(Specific(path), JsonValue.Create(choice))).Errors);

        Assert.Equal(Specific(path), error.Path);
        Assert.StartsWith($"\"{choice}\" is not available yet; use ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ModerationCheck_OfTheOtherKind_ChangesTheConfiguration()
    {
        var with = Documents.Good(With("moderation.policies.x.input[0]", JsonNode.Parse("""{ "check": "regex", "pattern": "e+", "action": "redact" }""")!));

        Assert.Equal("e+", with.Moderation.Policies["x"].Input[0].Pattern);
        Assert.Empty(with.Moderation.Policies["x"].Input[0].Keywords);
    }

    private static string General(string path) => EntryName().Replace(path, "$1.NAME").Replace("[0]", "[]", StringComparison.Ordinal).Replace("[1]", "[]", StringComparison.Ordinal);

    private static string Specific(string path) => path switch
    {
        "models.NAME.priority" => "models.hybrid.priority",
        "models.NAME.sticky_by" => "models.sticky.sticky_by",
        "models.NAME.fallbacks[].on" => "models.falling.fallbacks[0].on",
        _ when QProvider().IsMatch(path) => path.Replace("providers.NAME", "providers.q", StringComparison.Ordinal).Replace("[]", "[0]", StringComparison.Ordinal),
        _ => path.Replace("[]", "[0]", StringComparison.Ordinal)
            .Replace("providers.NAME", "providers.p", StringComparison.Ordinal).Replace("models.NAME", "models.m", StringComparison.Ordinal)
            .Replace("policies.NAME", "policies.x", StringComparison.Ordinal).Replace("teams.NAME", "teams.t", StringComparison.Ordinal)
            .Replace("processors.NAME", "processors.x", StringComparison.Ordinal).Replace("users.NAME", "users.u", StringComparison.Ordinal)
            .Replace("organisations.NAME", "organisations.o", StringComparison.Ordinal),
    };

    [GeneratedRegex(@"\b(providers|models|policies|teams|processors|users|organisations)\.[a-z]+(?=\.)")]
    private static partial Regex EntryName();

    /// <summary>What needs a neighbour that only the second provider has.</summary>
    [GeneratedRegex(@"\Aproviders\.NAME\.(keys\[\]|probe|slow_stream)")]
    private static partial Regex QProvider();

    /// <summary>The full document with one value set; objects and lists on the way are made where they are missing.</summary>
    private static string With(string path, JsonNode value)
    {
        var root = Prepared(path);
        var node = root;
        var steps = path.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        for (var i = 0; i < steps.Length; i++)
        {
            var isLast = i == steps.Length - 1;
            JsonNode next = isLast ? value : steps[i + 1][0] == '[' ? new JsonArray() : new JsonObject();
            if (steps[i][0] == '[')
            {
                var index = steps[i][1] - '0';
                var list = node.AsArray();
                if (index == list.Count)
                {
                    list.Add(next);
                }
                else if (isLast)
                {
                    list[index] = next;
                }

                node = list[index]!;
            }
            else
            {
                var members = node.AsObject();
                if (isLast || !members.ContainsKey(steps[i]))
                {
                    members[steps[i]] = next;
                }

                node = members[steps[i]]!;
            }
        }

        return root.ToJsonString();
    }

    private static JsonNode Prepared(string path)
    {
        var root = JsonNode.Parse(Full)!;
        AllowanceSamples.Prepare(root, path);
        PriceSamples.Prepare(root, path);
        return root;
    }

    private static string Dump(GatewayConfig config) => JsonSerializer.Serialize(config);
}
