using System.Globalization;
using System.Text;

namespace Gateway.Core.Tests.Configuration;

/// <summary>What settings of routing say about each other.</summary>
public sealed class RoutingRulesTests
{
    private const string Provider = "providers: { p: { protocol: openai, base_url: https://x.example.com, tags: { region: eu, retention: none } } }\n";

    [Theory]
    [InlineData("a: [a]; b: []", "models.a.fallbacks[0]: leads in a circle: a -> a")]
    [InlineData("a: [b]; b: [a]", "models.b.fallbacks[0]: leads in a circle: a -> b -> a")]
    [InlineData("a: [b]; b: [c]; c: [b]", "models.c.fallbacks[0]: leads in a circle: b -> c -> b")]
    [InlineData("a: [d, b]; b: [{ model: c, on: [budget] }]; c: [d, { model: a, on: [context_length] }]; d: []", "models.c.fallbacks[1].model: leads in a circle: a -> b -> c -> a")]
    [InlineData("a: [quick]; b: [slow]", "models.b.fallbacks[0]: leads in a circle: a -> b -> a")]
    [InlineData("a: [slow]; b: []", "models.a.fallbacks[0]: leads in a circle: a -> a")]
    public void Fallbacks_InACircle_AreRefusedWithTheCircle(string groups, string expected) =>
        Assert.EndsWith(expected, Documents.Errors(Groups(groups) + "aliases: { quick: fast, fast: b, slow: a }"), StringComparison.Ordinal);

    [Fact]
    public void Fallbacks_InACircleOfManyGroups_AreRefusedInAShortLine()
    {
        const int Count = 5_000;
        var groups = new StringBuilder("g0: [g1]");
        for (var i = 1; i < Count; i++)
        {
            groups.Append(CultureInfo.InvariantCulture, $"; g{i}: [g{(i + 1) % Count}]");
        }

        Assert.EndsWith("models.g4999.fallbacks[0]: leads in a circle: g0 -> g1 -> g2 -> g3 -> g4 -> g5 -> g6 -> g7 -> g8 -> g9 -> g10 -> ... -> g4999 -> g0",
            Documents.Errors(Groups(groups.ToString())), StringComparison.Ordinal);
    }

    [Fact]
    public void Fallbacks_InTwoCircles_AreBothReported()
    {
        var errors = Documents.Errors(Groups("a: [b]; b: [a]; c: [d]; d: [c]"));

        Assert.Contains("models.b.fallbacks[0]: leads in a circle: a -> b -> a", errors, StringComparison.Ordinal);
        Assert.Contains("models.d.fallbacks[0]: leads in a circle: c -> d -> c", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Fallbacks_ThatMeetAgain_AreNoCircle() => Documents.Good(Groups("a: [b, c]; b: [d]; c: [d]; d: []"));

    [Theory]
    [InlineData("a: [bb]; b: []", "models.a.fallbacks[0]: unknown model \"bb\"; did you mean \"b\"?")]
    [InlineData("a: [{ model: nowhere, on: [budget] }]", "models.a.fallbacks[0].model: unknown model \"nowhere\"")]
    [InlineData("a: [other/model]", "models.a.fallbacks[0]: unknown model \"other/model\"")]
    [InlineData("a: [quik]; b: []", "models.a.fallbacks[0]: unknown model \"quik\"; did you mean \"quick\"?")]
    public void Fallback_ToNothing_IsRefused(string groups, string expected) =>
        Assert.EndsWith(expected, Documents.Errors(Groups(groups) + (groups.Contains("b:", StringComparison.Ordinal) ? "aliases: { quick: b }" : "")), StringComparison.Ordinal);

    [Theory]
    [InlineData("aliases: { x: y, y: x }", "this alias leads in a circle", 2)]
    [InlineData("aliases: { x: nowhere }", "aliases.x: leads to \"nowhere\"", 1)]
    [InlineData("aliases: { x: [1] }", "aliases.x: must be a name, not a list", 1)]
    public void Fallback_ToAnAliasThatIsWrongItself_BringsNoSecondError(string aliases, string expected, int count)
    {
        var errors = Documents.Load(Groups("a: [x]") + aliases).Errors;

        Assert.Equal(count, errors.Count);
        Assert.Contains(expected, errors[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Fallback_OutOfTheEnvironment_IsNeverShown()
    {
        var errors = Documents.Errors(Groups("a: [\"${S}\"]"), ("S", "very-secret"));

        Assert.EndsWith("models.a.fallbacks[0]: unknown model", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: [b, b]", "models.a.fallbacks[1]")]
    [InlineData("a: [b, { model: b, on: [budget, error] }]", "models.a.fallbacks[1].model")]
    [InlineData("a: [{ model: b, on: [budget] }, c, { model: quick, on: [context_length, budget] }]", "models.a.fallbacks[2].model")]
    [InlineData("a: [o1, p/o1]", "models.a.fallbacks[1]")]
    public void Fallbacks_TwiceToOneModelForOneFailure_AreRefused(string groups, string expected) =>
        Assert.EndsWith($"{expected}: leads to the same model as an entry before it, for the same failure; one of the two is never used",
            Documents.Errors(Groups(groups + "; b: []; c: []") + "aliases: { quick: b }\nresolve: { default_provider: p }"), StringComparison.Ordinal);

    [Fact]
    public void Fallbacks_TwiceToOneModelForDifferentFailures_AreGood() =>
        Assert.Equal(2, Documents.Good(Groups("a: [b, { model: b, on: [context_length, content_policy, budget] }]; b: []")).Models["a"].Fallbacks.Count);

    [Theory]
    [InlineData("priority: cost", "models.m.priority: has no effect without strategy: hybrid; set that or remove this")]
    [InlineData("strategy: sticky, priority: { cost: 1 }", "models.m.priority: has no effect without strategy: hybrid; set that or remove this")]
    [InlineData("sticky_by: session", "models.m.sticky_by: has no effect without strategy: sticky; set that or remove this")]
    [InlineData("strategy: hybrid, sticky_by: prefix", "models.m.sticky_by: has no effect without strategy: sticky; set that or remove this")]
    [InlineData("strategy: hybrid, priority: {}", "models.m.priority: must have one weight at least that is greater than 0")]
    [InlineData("strategy: hybrid, priority: { cost: 0, load: 0.0 }", "models.m.priority: must have one weight at least that is greater than 0")]
    [InlineData("strategy: hybird, priority: cost, sticky_by: prefix", "not \"hybird\"; did you mean \"hybrid\"?")]
    public void StrategyAndItsSettings_ThatDoNotFit_AreRefusedOnce(string members, string expected)
    {
        var errors = Documents.Errors("version: 1\n" + Provider + $"models: {{ m: {{ {members}, deployments: [ {{ provider: p, model: one }} ] }} }}");

        Assert.EndsWith(expected, errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', errors);
    }

    [Fact]
    public void Deployment_WithLessContextThanOutput_IsRefused() =>
        Assert.Equal("gateway.yaml:3:67 models.m.deployments[0].context: is smaller than max_output; the context window holds input and output",
            Documents.Errors("version: 1\n" + Provider + "models: { m: { deployments: [ { provider: p, model: one, context: 999, max_output: 1000 } ] } }"));

    [Fact]
    public void Orders_WithGaps_AreGood() =>
        Documents.Good("version: 1\n" + Provider + "models: { m: { deployments: [ { provider: p, model: one, order: 2 }, { provider: p, model: two, order: 50 } ] } }");

    [Fact]
    public void KeyWeight_WithATeam_IsRefused() =>
        Assert.Equal("gateway.yaml:2:67 keys[0].weight: has no effect with team: the team's weight counts (teams.NAME.weight); remove it",
            Documents.Errors("version: 1\nkeys: [ { id: a, secret: s-secret, models: [\"*\"], team: research, weight: 2 } ]"));

    [Theory]
    [InlineData("{ regoin: eu }", "keys[0].requires.regoin: no deployment has the label \"regoin\"; did you mean \"region\"?")]
    [InlineData("{ region: ue }", "keys[0].requires.region: no deployment has the label \"region\" with the value \"ue\"; did you mean \"eu\"?")]
    [InlineData("{ region: EU }", "keys[0].requires.region: no deployment has the label \"region\" with the value \"EU\"; did you mean \"eu\"?")]
    [InlineData("{ region: eu, zone: a }", "keys[0].requires: no deployment has all of these labels together")]
    [InlineData("{ region: us, retention: none, zone: a }", "")]
    [InlineData("{ region: eu, retention: none }", "")]
    public void RequiredLabels_ThatNoDeploymentHas_AreRefused(string requires, string expected) =>
        Assert.EndsWith(expected, Documents.Load("version: 1\n" + Provider +
            $"models: {{ m: {{ deployments: [ {{ provider: p, model: one, tags: {{ region: us, zone: a }} }} ] }} }}\nkeys: [ {{ id: a, secret: s-secret, models: [\"*\"], requires: {requires} }} ]").Describe(), StringComparison.Ordinal);

    [Fact]
    public void RequiredLabel_OfADocumentWithoutLabels_IsRefused() =>
        Assert.EndsWith("keys[0].requires.region: no deployment has the label \"region\"",
            Documents.Errors(Documents.Small.Replace("models: [gpt-4o]", "models: [gpt-4o], requires: { region: eu }", StringComparison.Ordinal)), StringComparison.Ordinal);

    [Fact]
    public void RequiredLabels_WhereLabelsCouldNotBeRead_BringNoSecondError() =>
        Assert.EndsWith("providers.p.tags.region: must be a label, not a list",
            Documents.Errors("version: 1\nproviders: { p: { protocol: openai, base_url: https://x.example.com, tags: { region: [eu] } } }\nkeys: [ { id: a, secret: s-secret, models: [\"*\"], requires: { region: eu } } ]"),
            StringComparison.Ordinal);

    [Fact]
    public void RequiredLabel_OutOfTheEnvironment_IsNeverShown() =>
        Assert.DoesNotContain("very-secret",
            Documents.Errors("version: 1\n" + Provider + "keys: [ { id: a, secret: s-secret, models: [\"*\"], requires: { region: \"${S}\" } } ]", ("S", "very-secret")), StringComparison.Ordinal);

    [Theory]
    [InlineData("/v1", "/v1")]
    [InlineData("/v1/support", "/v1")]
    [InlineData("/V1/support", "/v1")]
    [InlineData("/v1beta", "/v1beta")]
    [InlineData("/api", "/api")]
    [InlineData("/admin/x", "/admin")]
    [InlineData("/console", "/console")]
    [InlineData("/health", "/health")]
    [InlineData("/ready", "/ready")]
    [InlineData("/metrics", "/metrics")]
    [InlineData("/internal/x/v1", "/internal")]
    public void Route_BelowThePathsOfTheGateway_IsRefused(string path, string own) =>
        Assert.EndsWith($"routes[0].path: begins with {own}, which the gateway serves itself; choose another beginning",
            Documents.Errors($"version: 1\nroutes: [ {{ path: {path} }} ]"), StringComparison.Ordinal);

    [Theory]
    [InlineData("/v1x", "/v1x")]
    [InlineData("/administration", "/administration")]
    [InlineData("/a/admin", "/a/admin")]
    [InlineData("/a/v1", "/a")]
    [InlineData("/a/v1beta/", "/a")]
    [InlineData("/av1", "/av1")]
    [InlineData("/a/", "/a")]
    public void Route_OfItsOwn_IsGood(string path, string expected) =>
        Assert.Equal(expected, Documents.Good($"version: 1\nroutes: [ {{ path: {path} }} ]").Routes[0].Path);

    [Theory]
    [InlineData("/a")]
    [InlineData("/a/")]
    [InlineData("/a/v1")]
    [InlineData("/A/v1beta")]
    public void Routes_OfOnePath_AreRefused(string second) =>
        Assert.EndsWith("routes[1].path: the same path as routes[0].path", Documents.Errors($"version: 1\nroutes: [ {{ path: /a }}, {{ path: {second} }} ]"), StringComparison.Ordinal);

    [Fact]
    public void Route_ToNothing_IsRefused() =>
        Assert.EndsWith("routes[0].model: unknown model \"gpt-4\"; did you mean \"gpt-4o\"?",
            Documents.Errors(Documents.Small + "\nroutes: [ { path: /a, model: gpt-4 } ]"), StringComparison.Ordinal);

    [Theory]
    [InlineData("connection: { proxy_credential: \"a:top-secret\" }", "connection.proxy_credential: has no effect without proxy; remove it")]
    [InlineData("connection: { proxy: \"http://x.example.com\", proxy_credential: top-secret }", "connection.proxy_credential: must be user:password")]
    [InlineData("connection: { proxy: \"http://x.example.com\", proxy_credential: \":top-secret\" }", "connection.proxy_credential: must be user:password")]
    [InlineData("keys: [top-secret, other, top-secret]", "keys[2]: the same secret as providers.p.keys[0]; write it once, with a weight")]
    [InlineData("keys: [top-secret, { secret: top-secret, weight: 2 }]", "keys[1].secret: the same secret as providers.p.keys[0]; write it once, with a weight")]
    [InlineData("connection: { tls: { server_name: a } }", "connection.tls: has no effect with a base_url of http://; remove it")]
    [InlineData("paths: { messages: /a }", "paths.messages: has no effect with protocol: openai, which has chat_completions, completions, responses, embeddings, count_tokens, images, audio, rerank, files, models; remove it")]
    [InlineData("paths: { models: \"/{model}/a\" }", "paths.models: must have no {model}: the operation is about no model")]
    [InlineData("paths: { files: \"/{model}\" }", "paths.files: must have no {model}: the operation is about no model")]
    [InlineData("probe: { path: \"/{model}\" }", "probe.path: must have no {model}: a probe is about no model")]
    public void Provider_WithMembersThatDoNotFit_IsRefused(string member, string expected)
    {
        var errors = Documents.Errors($"version: 1\nproviders: {{ p: {{ protocol: openai, base_url: http://x.example.com, {member} }} }}");

        Assert.EndsWith($"providers.p.{expected}", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("top-secret", errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', errors);
    }

    [Theory]
    [InlineData("azure-openai", "chat_completions: \"/d/{model}?api-version=1\"", true)]
    [InlineData("anthropic", "models: \"/models?limit=5\"", true)]
    [InlineData("anthropic", "messages: \"/messages?beta=true\"", false)]
    [InlineData("gemini", "models: \"/models?pageSize=5\"", true)]
    [InlineData("gemini", "count_tokens: \"/{model}?a\"", false)]
    [InlineData("ollama", "models: \"/tags?a\"", false)]
    public void Path_WithAQuery_IsGoodWhereTheProtocolHasOne(string protocol, string path, bool isGood) =>
        Assert.Equal(isGood, Documents.Load($"version: 1\nproviders: {{ p: {{ protocol: {protocol}, base_url: https://x.example.com, paths: {{ {path} }} }} }}").Config is not null);

    [Theory]
    [InlineData("gemini", "chat_completions")]
    [InlineData("vertex", "models")]
    [InlineData("bedrock", "rerank")]
    [InlineData("ollama", "count_tokens")]
    [InlineData("azure-openai", "models")]
    [InlineData("anthropic", "responses")]
    public void Path_OfAnOperationThatTheProtocolDoesNotHave_IsRefused(string protocol, string operation) =>
        Assert.Contains($"providers.p.paths.{operation}: has no effect with protocol: {protocol}, which has ",
            Documents.Errors($"version: 1\nproviders: {{ p: {{ protocol: {protocol}, base_url: https://x.example.com, paths: {{ {operation}: /a }} }} }}"), StringComparison.Ordinal);

    [Fact]
    public void Errors_OfManyRules_AllComeAtOnceInOrder() =>
        Assert.Equal(
            [
                "providers.p.connection.proxy_credential", "models.a.priority", "models.a.fallbacks[0]", "models.a.fallbacks[1]",
                "routes[0].path", "routes[0].model", "keys[0].weight", "keys[0].requires.region",
            ],
            Documents.Load("""
                version: 1
                providers: { p: { protocol: openai, base_url: https://x.example.com, connection: { proxy_credential: "a:b" } } }
                models:
                  a: { priority: cost, deployments: [ { provider: p, model: one } ], fallbacks: [a, nowhere] }
                routes: [ { path: /admin, model: nowhere } ]
                keys: [ { id: a, secret: s-secret, models: ["*"], team: t, weight: 2, requires: { region: eu } } ]
                """).Errors.Select(static error => error.Path));

    /// <summary>A document of groups with these fallbacks: <c>a: [b]; b: []</c>.</summary>
    private static string Groups(string groups)
    {
        var text = new StringBuilder("version: 1\n").Append(Provider).Append("models:\n");
        foreach (var group in groups.Split("; "))
        {
            var (name, fallbacks) = (group[..group.IndexOf(':', StringComparison.Ordinal)], group[(group.IndexOf(':', StringComparison.Ordinal) + 2)..]);
            text.Append(CultureInfo.InvariantCulture, $"  {name}: {{ deployments: [ {{ provider: p, model: one }} ], fallbacks: {fallbacks} }}\n");
        }

        return text.ToString();
    }
}
