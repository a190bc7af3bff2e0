using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Routing;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Explain;

/// <summary>What an operator reads.</summary>
public sealed class ExplanationTests
{
    private const string Chat = """{"model":"big","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}""";

    [Fact]
    public async Task A_request_is_told_with_the_way_of_its_name_its_candidates_and_its_price()
    {
        using var world = new RoutingWorld(Document());
        var told = await world.TellAsync(AskedRequest.Chat(Chat.Replace("big", "best", StringComparison.Ordinal)));
        Assert.Equal("""[{"name":"best","kind":"alias","target":"big"},{"name":"big","kind":"group","target":"big"}]""", told.GetProperty("resolution").GetRawText());
        Assert.Equal("""{"model":"best","stream":false,"estimated_input_tokens":12,"estimated_output_tokens":100,"output_cap":100,"choices":1,"capabilities":[],"affinity":null}""", told.GetProperty("request").GetRawText());
        Assert.Equal("""{"model":"best","deployment":"one/x","credential":"one#1","why":"lowest_cost"}""", told.GetProperty("choice").GetRawText());
        Assert.Equal(("call", JsonValueKind.Null), (Text(told, "would"), told.GetProperty("error").ValueKind));
        Assert.Equal(
            """{"deployment":"one/x","order":1,"tier":1,"excluded":null,"health":{"state":"closed","reason":"","open_until":null,"ramp":1,"verdict":"usable"},"credential":{"label":"one#1","blocked":null,"until":null,"quota_left":1},"tried":false,"in_flight":0,"configured_weight":1,"weight":1,"score":212000,"price":{"input":1,"output":2},"estimated_cost_nano_usd":212000}""",
            Group(told, 0).GetProperty("candidates")[0].GetRawText());
        Assert.Equal("""["one/x","two/y","two/z"]""", Group(told, 0).GetProperty("order").GetRawText());
        Assert.Equal("""{"max":3,"retry_budget_left":10}""", told.GetProperty("attempts").GetRawText());
        Assert.Equal("""{"waiting":0,"size":100,"longest_wait_ms":10000}""", told.GetProperty("queue").GetRawText());

        // At two/z: 12 x 4 and 100 x 20 millionths of a USD.
        Assert.Equal(2_048_000, told.GetProperty("price_bound_nano_usd").GetInt64());
    }

    [Fact]
    public async Task Neither_keys_nor_addresses_nor_the_prompt_stand_in_it()
    {
        using var world = new RoutingWorld(Document());
        var (_, json) = await world.ExplainAsync(AskedRequest.Chat(Chat.Replace("hi", "the prompt itself", StringComparison.Ordinal)));
        Assert.DoesNotContain("secret", json, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", json, StringComparison.Ordinal);
        Assert.DoesNotContain("prompt itself", json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_excluded_is_told_with_the_reason()
    {
        using var world = new RoutingWorld(Document());
        var told = await world.TellAsync(AskedRequest.Chat("""{"model":"big","tools":[{"type":"function","function":{"name":"f"}}],"provider":{"only":["two"]},"messages":[{"role":"user","content":"hi"}]}"""));
        var candidates = Group(told, 0).GetProperty("candidates");
        Assert.Equal("""{"reason":"not_in_only","detail":""}""", candidates[0].GetProperty("excluded").GetRawText());
        Assert.Equal("null", candidates[1].GetProperty("excluded").GetRawText());
        Assert.Equal("""{"reason":"missing_capability","detail":"tools"}""", candidates[2].GetProperty("excluded").GetRawText());
        Assert.Equal("""["tools"]""", told.GetProperty("request").GetProperty("capabilities").GetRawText());
        Assert.Equal(("two/y", "only_usable"), (Text(told.GetProperty("choice"), "deployment"), Text(told.GetProperty("choice"), "why")));
    }

    [Fact]
    public async Task A_request_that_nothing_can_serve_is_told_with_the_client_s_error()
    {
        using var world = new RoutingWorld(Document());
        var told = await world.TellAsync(AskedRequest.Chat("""{"model":"big","provider":{"only":["nobody"],"allow_fallbacks":false},"messages":[{"role":"user","content":"hi"}]}"""));
        Assert.Equal("refuse", Text(told, "would"));
        Assert.Equal((400, "provider.only"), (told.GetProperty("error").GetProperty("status").GetInt32(), Text(told.GetProperty("error"), "param")));
        Assert.Equal("excluded", Text(told.GetProperty("choice"), "blocked"));
        Assert.Equal(3, Group(told, 0).GetProperty("candidates").GetArrayLength());
    }

    [Fact]
    public async Task An_unknown_model_is_told()
    {
        using var world = new RoutingWorld(Document());
        var told = await world.TellAsync(AskedRequest.Chat(Chat.Replace("big", "nowhere", StringComparison.Ordinal)));
        Assert.Equal(("refuse", "model_not_found"), (Text(told, "would"), Text(told.GetProperty("error"), "code")));
        Assert.Equal((0, 0), (told.GetProperty("resolution").GetArrayLength(), told.GetProperty("groups").GetArrayLength()));
        Assert.Equal(JsonValueKind.Null, told.GetProperty("choice").ValueKind);
    }

    [Theory]
    [InlineData("one/any", "provider", "one/any")]
    [InlineData("text-x", "prefix", "two/text-x")]
    public async Task A_name_that_no_entry_has_is_told_with_its_rule(string model, string kind, string target)
    {
        using var world = new RoutingWorld(Document());
        var told = await world.TellAsync(AskedRequest.Chat(Chat.Replace("big", model, StringComparison.Ordinal)));
        Assert.Equal($$"""[{"name":"{{model}}","kind":"{{kind}}","target":"{{target}}"}]""", told.GetProperty("resolution").GetRawText());
        Assert.Equal(target, Text(told.GetProperty("choice"), "deployment"));
    }

    [Fact]
    public async Task The_model_of_a_path_is_told()
    {
        using var world = new RoutingWorld(Document());
        var told = await world.TellAsync(AskedRequest.Chat(Chat.Replace("big", "whatever", StringComparison.Ordinal), static claims => claims with { RouteModel = "small" }));
        Assert.Equal("""[{"name":"whatever","kind":"route","target":"small"},{"name":"small","kind":"group","target":"small"}]""", told.GetProperty("resolution").GetRawText());
    }

    [Fact]
    public async Task A_group_that_is_out_is_told_with_the_one_that_stands_in()
    {
        using var world = new RoutingWorld(Document());
        Break(world, "big");
        var told = await world.TellAsync(AskedRequest.Chat(Chat));
        Assert.Equal(("small", "one/s"), (Text(told.GetProperty("choice"), "model"), Text(told.GetProperty("choice"), "deployment")));
        Assert.Equal([("big", "asked", true), ("small", "fallback on error", true), ("long", "fallback on context_length", false)], Groups(told));
        Assert.Equal("open", Text(Group(told, 0).GetProperty("choice"), "blocked"));
        var health = Group(told, 0).GetProperty("candidates")[0].GetProperty("health");
        Assert.Equal(("open", "failures_in_a_row", "ejected"), (Text(health, "state"), Text(health, "reason"), Text(health, "verdict")));
        Assert.InRange(health.GetProperty("open_until").GetDateTimeOffset(), world.Clock.UtcNow, world.Clock.UtcNow.AddSeconds(6));
        Assert.Equal("one/l", Text(Group(told, 2).GetProperty("choice"), "deployment"));
    }

    [Fact]
    public async Task Models_of_the_request_are_told_before_the_fallbacks_of_the_document()
    {
        using var world = new RoutingWorld(Document());
        var told = await world.TellAsync(AskedRequest.Chat("""{"model":"big","models":["two/other"],"messages":[{"role":"user","content":"hi"}]}"""));
        Assert.Equal([("big", "asked", true), ("two/other", "models[]", false), ("small", "fallback on error", false), ("long", "fallback on context_length", false)], Groups(told));
        Assert.Equal(JsonValueKind.Null, told.GetProperty("price_bound_nano_usd").ValueKind);
    }

    [Fact]
    public async Task A_credential_that_rests_is_told_with_the_time()
    {
        using var world = new RoutingWorld(Document());
        var deployment = world.Deployment("big", 0);
        deployment.State.Lanes[0].RateLimited(world.Clock.Now, TimeSpan.FromSeconds(30));
        var told = await world.TellAsync(AskedRequest.Chat(Chat));
        var credential = Group(told, 0).GetProperty("candidates")[0].GetProperty("credential");
        Assert.Equal("resting", Text(credential, "blocked"));
        Assert.InRange(credential.GetProperty("until").GetDateTimeOffset(), world.Clock.UtcNow.AddSeconds(29), world.Clock.UtcNow.AddSeconds(31));
        Assert.Equal("two/y", Text(told.GetProperty("choice"), "deployment"));
    }

    [Fact]
    public async Task A_request_that_would_wait_is_told_and_one_that_would_not_is_refused()
    {
        using var world = new RoutingWorld(Document());
        var group = world.Group("lonely");
        Assert.NotNull(world.Selector.Take(new RouteTrip { Group = group, Candidates = group.Deployments }).Deployment);
        Break(world, "gone");
        var asked = AskedRequest.Chat(Chat.Replace("big", "lonely", StringComparison.Ordinal));

        var told = await world.TellAsync(asked);
        Assert.Equal(("wait", "busy"), (Text(told, "would"), Text(told.GetProperty("choice"), "blocked")));
        Assert.Equal(JsonValueKind.Null, told.GetProperty("error").ValueKind);
        Assert.Equal("""{"waiting":0,"size":1,"longest_wait_ms":5000}""", told.GetProperty("queue").GetRawText());

        var waiting = await world.TakeAsync(asked);
        told = await world.TellAsync(asked);
        Assert.True(waiting.Waits);
        Assert.Equal(("refuse", "upstream_busy"), (Text(told, "would"), Text(told.GetProperty("error"), "code")));
    }

    [Fact]
    public async Task A_full_journal_is_told()
    {
        using var world = new RoutingWorld(Document());
        world.Journal.IsWritable = false;
        var told = await world.TellAsync(AskedRequest.Chat(Chat));
        Assert.Equal(("refuse", "usage_journal_full"), (Text(told, "would"), Text(told.GetProperty("error"), "code")));
        Assert.Equal("one/x", Text(told.GetProperty("choice"), "deployment"));
    }

    [Fact]
    public async Task Tokens_that_the_gateway_counts_itself_are_told_as_its_answer()
    {
        using var world = new RoutingWorld(Document());
        var endpoint = LlmEndpoint.Routed.Single(static one => one.Operation == LlmOperation.MessagesCountTokens);
        var told = await world.TellAsync(AskedRequest.Of(endpoint, """{"model":"small","messages":[{"role":"user","content":"hi"}]}"""));
        Assert.Equal("answer", Text(told, "would"));
    }

    [Fact]
    public async Task What_cannot_be_said_to_the_upstream_is_told()
    {
        var document = Document();
        var small = document.Models["small"] with { Translation = new TranslationConfig { Unmappable = UnmappableFields.Reject } };
        using var world = new RoutingWorld(document with { Models = new Dictionary<string, ModelGroupConfig>(document.Models) { ["small"] = small }.ToFrozenDictionary() });
        var endpoint = LlmEndpoint.Routed.Single(static one => one.Operation == LlmOperation.Messages);
        var told = await world.TellAsync(AskedRequest.Of(endpoint, """{"model":"small","max_tokens":5,"top_k":3,"messages":[{"role":"user","content":"hi"}]}"""));
        Assert.Equal(("refuse", 400), (Text(told, "would"), told.GetProperty("error").GetProperty("status").GetInt32()));
    }

    [Fact]
    public async Task A_request_waits_for_its_own_group_when_nobody_can_stand_in()
    {
        using var world = new RoutingWorld(Document());
        var group = world.Group("lonely");
        Assert.NotNull(world.Selector.Take(new RouteTrip { Group = group, Candidates = group.Deployments }).Deployment);
        Break(world, "gone");
        var live = await world.TakeAsync(AskedRequest.Chat(Chat.Replace("big", "lonely", StringComparison.Ordinal)));
        Assert.Equal(("lonely", true), (live.Group, live.Waits));
        Assert.Equal((1, 0), (group.State.Room.Count, world.Group("gone").State.Room.Count));
    }

    /// <summary>big (one/x, two/y, and two/z without tools) with fallbacks small and, for what is too long, long; lonely takes one call at a time.</summary>
    private static GatewayConfig Document() => TestConfig.For(
        Named("one"), Named("two"), Named("narrow") with { Limits = new UpstreamLimits { Concurrency = 1 } }) with
    {
        Aliases = new Dictionary<string, string> { ["best"] = "big" }.ToFrozenDictionary(),
        Resolve = new ResolveConfig { Prefixes = [new("text-*", "two")] },
        Models = new Dictionary<string, ModelGroupConfig>
        {
            ["big"] = new()
            {
                Name = "big",
                Strategy = BalancingStrategy.LowestCost,
                Fallbacks = [new("small", FallbackTriggers.Error), new("long", FallbackTriggers.ContextLength)],
                Deployments =
                [
                    new() { Provider = "one", Model = "x", Price = Usd(1, 2) },
                    new() { Provider = "two", Model = "y", Price = Usd(2, 10) },
                    new() { Provider = "two", Model = "z", Price = Usd(4, 20), Supports = ModelCapabilities.None },
                ],
            },
            ["small"] = new() { Name = "small", Deployments = [new() { Provider = "one", Model = "s" }] },
            ["gone"] = new() { Name = "gone", Deployments = [new() { Provider = "two", Model = "g" }] },
            ["long"] = new() { Name = "long", Deployments = [new() { Provider = "one", Model = "l" }] },
            ["lonely"] = new()
            {
                Name = "lonely",
                Deployments = [new() { Provider = "narrow", Model = "n" }],
                Fallbacks = [new("gone", FallbackTriggers.Error)],
                Queue = new QueueConfig { Size = 1, Wait = TimeSpan.FromSeconds(5) },
            },
        }.ToFrozenDictionary(),
    };

    private static void Break(RoutingWorld world, string model)
    {
        foreach (var deployment in world.Group(model).Deployments)
        {
            for (var i = 0; i < 5; i++)
            {
                deployment.State.Failed(world.Clock.Now);
            }
        }

        // Not one of the tenth that is let through all the same.
        while (world.Group(model).State.Roll <= ulong.MaxValue / 10)
        {
            world.Group(model).State.Advance();
        }
    }

    private static ProviderConfig Named(string name) => TestConfig.Provider("http://127.0.0.1:9", name) with { Keys = [TestConfig.KeyOf($"secret-{name}")] };

    private static TokenPrice Usd(long input, long output) => new(input * TokenPrice.NanoPerUsd, 0, 0, output * TokenPrice.NanoPerUsd);

    private static JsonElement Group(JsonElement told, int index) => told.GetProperty("groups")[index];

    private static IEnumerable<(string?, string?, bool)> Groups(JsonElement told) =>
        told.GetProperty("groups").EnumerateArray().Select(static group => (Text(group, "model"), Text(group, "why"), group.GetProperty("reached").GetBoolean()));

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
