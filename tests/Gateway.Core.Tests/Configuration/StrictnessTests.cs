using Gateway.Core.Configuration;

namespace Gateway.Core.Tests.Configuration;

/// <summary>What a document must not say, and how the operator is told.</summary>
public sealed class StrictnessTests
{
    [Fact]
    public void UnknownKey_CloseToAKnownOne_IsNamedWithLinePathAndNearest() =>
        Assert.Equal(
            """
            gateway.yaml:4:5 providers.openai.base_url: is missing: an http or https URL
            gateway.yaml:5:5 providers.openai.base_ulr: unknown key; did you mean "base_url"?
            """,
            Documents.Errors("""
                version: 1
                providers:
                  openai:
                    protocol: openai
                    base_ulr: https://x.example.com
                """));

    [Fact]
    public void UnknownKey_FarFromAll_ListsWhatThereIs() =>
        Assert.Equal("gateway.yaml:2:11 server.xyzzyplugh: unknown key; the keys here are admin_key, max_body, public_requests_per_minute, drain",
            Documents.Errors("version: 1\nserver: { xyzzyplugh: 1 }"));

    [Fact]
    public void Errors_OfSeveralKinds_AllComeAtOnceInOrder()
    {
        var errors = Documents.Load("""
            version: 2
            server: { drain: soon, max_body: 1, max_body: 2 }
            provider: {}
            rules: []
            aliases: { a: nowhere }
            keys: demo
            """).Errors;

        Assert.Equal(
            ["version", "server.drain", "server.max_body", "server.max_body", "provider", "rules", "aliases.a", "keys"],
            errors.Select(static error => error.Path));
        Assert.Equal("providers", errors[4].Nearest);
        Assert.Equal("duplicate key; the first one is in line 2", errors[3].Message);
    }

    [Theory]
    [InlineData("", "version: is missing: a whole number from 1 to 1")]
    [InlineData("# nothing but a comment", "version: is missing")]
    [InlineData("version: 2", "version: must be a whole number from 1 to 1, not \"2\"")]
    [InlineData("version: ", "version: has no value")]
    [InlineData("version: [1]", "version: must be a whole number from 1 to 1, not a list")]
    [InlineData("just text", "gateway.yaml:1:1 the document must be a mapping that begins with \"version: 1\"")]
    [InlineData("- version: 1", "the document must be a mapping")]
    [InlineData("version: 1\n---\nversion: 1", "gateway.yaml:2:1 a second YAML document begins here")]
    [InlineData("version: 1\nserver: &a { drain: 1s }", "gateway.yaml:2:9 YAML anchors (&name) are not supported")]
    [InlineData("version: 1\nserver: *a", "gateway.yaml:2:9 YAML aliases (*name) are not supported")]
    [InlineData("version: 1\nserver: { <<: { drain: 1s } }", "gateway.yaml:2:11 YAML merge keys (<<) are not supported")]
    [InlineData("version: !!int 1", "gateway.yaml:1:10 YAML tags (!name) are not supported")]
    [InlineData("version: 1\n? [a]\n: b", "a key must be plain text")]
    [InlineData("version: 1\nserver: { drain: [", "not YAML")]
    [InlineData("version: [1\nserver: 2", "not YAML")]
    [InlineData("version: 1\n\tserver: 2", "not YAML")]
    [InlineData("version: \"\\q\"", "gateway.yaml:1:10 not YAML")]
    public void Document_ThatIsNone_SaysWhereAndWhy(string yaml, string expected) =>
        Assert.Contains(expected, Documents.Errors(yaml), StringComparison.Ordinal);

    [Theory]
    [InlineData(1024, "")]
    [InlineData(1025, "gateway.yaml:2:26 keys[0].secret: must have at most 1024 characters")]
    public void Secret_LongerThanTheEdgeCompares_IsRefused(int length, string expected) =>
        Assert.Equal(expected, Documents.Load($"version: 1\nkeys: [ {{ id: a, secret: {new string('s', length)}, models: [\"*\"] }} ]").Describe());

    [Theory]
    [InlineData(60, "")]
    [InlineData(61, "gateway.yaml:2:9 keys[0]: models, providers, requires and labels must have at most 6144 bytes together, two for each entry included; use * to say it shorter")]
    public void Patterns_ThatTheContextCannotCarry_AreRefused(int count, string expected) =>
        Assert.Equal(expected, Documents.Load(
            $"version: 1\nkeys: [ {{ id: a, secret: s-secret, models: [{string.Join(", ", Enumerable.Range(0, count).Select(static i => $"\"{new string('m', 97)}{i:D2}*\""))}], providers: [\"*\"] }} ]").Describe());

    [Theory]
    [InlineData(46, true)]
    [InlineData(47, false)]
    public void RequiredLabels_ThatTheContextCannotCarry_AreRefused(int count, bool isGood)
    {
        var labels = string.Join(", ", Enumerable.Range(0, count).Select(static i => $"{new string('n', 62)}{i:D2}: {new string('v', 64)}"));

        var text = $"version: 1\nproviders: {{ p: {{ protocol: openai, base_url: https://x.example.com, tags: {{ {labels} }} }} }}\nkeys: [ {{ id: a, secret: s-secret, models: [\"*\"], requires: {{ {labels} }} }} ]";

        Assert.Equal(isGood ? "" : "gateway.yaml:3:9 keys[0]: models, providers, requires and labels must have at most 6144 bytes together, two for each entry included; use * to say it shorter",
            Documents.Load(text).Describe());
    }

    [Fact]
    public void Labels_MoreThanSixtyFour_AreRefused() =>
        Assert.EndsWith("providers.p.tags: must have at most 64 entries",
            Documents.Errors($"version: 1\nproviders: {{ p: {{ protocol: openai, base_url: https://x.example.com, tags: {{ {string.Join(", ", Enumerable.Range(0, 65).Select(static i => $"n{i}: v"))} }} }} }}"),
            StringComparison.Ordinal);

    [Fact]
    public void Document_NestedTooDeep_IsRefused() =>
        Assert.Contains("Nested more than 32 levels deep", Documents.Errors("version: " + new string('[', 100_000)), StringComparison.Ordinal);

    [Fact]
    public void Document_TooLarge_IsRefused() =>
        Assert.Contains("the document has more than 8388608 characters", Documents.Errors("version: 1\n#" + new string('x', GatewayConfigLoader.MaxCharacters)), StringComparison.Ordinal);

    [Fact]
    public void Document_WithThousandsOfErrors_ReportsTheFirstTwoHundred() =>
        Assert.Equal(200, Documents.Load("version: 1\n" + string.Concat(Enumerable.Range(0, 5000).Select(static i => $"unknown_{i}: 1\n"))).Errors.Count);

    [Fact]
    public void EmptySections_AreLikeNone() => Documents.Good("version: 1\nserver:\nproviders:\naliases: ~\nkeys: null\nmoderation:\n");

    [Theory]
    [InlineData("server: 1", "server: must be a mapping")]
    [InlineData("keys: { id: a }", "keys: must be a list")]
    [InlineData("keys: [ a ]", "keys[0]: must be a mapping")]
    [InlineData("server: { drain: [1s] }", "server.drain: must be a duration such as")]
    [InlineData("server: { drain: 90 }", "server.drain: must be a duration such as 500ms, 2s, 10m, 1h or 90d, not \"90\"")]
    [InlineData("server: { drain: 2h }", "server.drain: must be from 0s to 1h, not \"2h\"")]
    [InlineData("server: { max_body: 2GiB }", "server.max_body: must be from 1KiB to 1GiB, not \"2GiB\"")]
    [InlineData("server: { public_requests_per_minute: 0 }", "server.public_requests_per_minute: must be")]
    [InlineData("server: { public_requests_per_minute: 1.5 }", "server.public_requests_per_minute: must be")]
    [InlineData("server: { max_body: 32mb }", "server.max_body: must be a size such as")]
    [InlineData("server: { max_body: -1 }", "server.max_body: must be a size such as")]
    [InlineData("server: { admin_key: \"\" }", "server.admin_key: must not be empty: an empty secret is a known secret")]
    [InlineData("server: { admin_key: 1234567 }", "server.admin_key: must have at least 8 characters")]
    [InlineData("keys: [ { id: a, secret: \"1234567\", models: [\"*\"] } ]", "keys[0].secret: must have at least 8 characters")]
    [InlineData("moderation: { policies: { p: { input: [ { check: keywords, list: [\"\\u200B\\u2060\\u3164\"], action: block } ] } } }", "moderation.policies.p.input[0].list[0]: must not be empty")]
    [InlineData("server: { admin_key: }", "server.admin_key: has no value")]
    [InlineData("server: { admin_key: \"a b\" }", "server.admin_key: must consist of visible ASCII characters")]
    [InlineData("server: { admin_key: \"ab\\n\" }", "server.admin_key: must consist of visible ASCII characters")]
    [InlineData("providers: { a/b: { protocol: openai, base_url: https://x.example.com } }", "providers[\"a/b\"]: a provider's name must have no slash")]
    [InlineData("providers: { \"a b\": { protocol: openai, base_url: https://x.example.com } }", "providers[\"a b\"]: a name must be a letter or digit")]
    [InlineData("providers: { -a: { protocol: openai, base_url: https://x.example.com } }", "a name must be a letter or digit")]
    [InlineData("providers: { a: { protocol: opena, base_url: https://x.example.com } }", "providers.a.protocol: must be openai, anthropic, gemini, vertex, ollama, azure-openai or bedrock, not \"opena\"; did you mean \"openai\"?")]
    [InlineData("providers: { a: { protocol: openai, base_url: https://x.example.com, internal: yes } }", "providers.a.internal: must be true or false, not \"yes\"")]
    [InlineData("providers: { a: { protocol: openai, base_url: https://x.example.com, timeouts: { idle: 0s } } }", "providers.a.timeouts.idle: must be from 1ms to 1h")]
    [InlineData("providers: { a: { protocol: openai, base_url: https://x.example.com, headers: { \"a b\": c } } }", "is no HTTP header name")]
    [InlineData("providers: { a: { protocol: openai, base_url: https://x.example.com, headers: { Host: c } } }", "providers.a.headers.Host: this header belongs to the gateway")]
    [InlineData("providers: { a: { protocol: openai, base_url: https://x.example.com, headers: { X-Gateway-Context: c } } }", "this header belongs to the gateway")]
    [InlineData("providers: { a: { protocol: openai, base_url: https://x.example.com, headers: { x-a: c, X-A: d } } }", "providers.a.headers.X-A: duplicate header")]
    [InlineData("providers: { a: { protocol: openai, base_url: https://x.example.com, keys: [k], headers: { Authorization: c } } }", "keys already make the authorization header")]
    [InlineData("providers: { a: { protocol: openai, base_url: https://x.example.com, headers: { x-a: \"c\\r\\nx-b: d\" } } }", "providers.a.headers.x-a: must consist of visible ASCII")]
    public void Value_OfAnotherTypeOrRange_IsRefused(string line, string expected) =>
        Assert.Contains(expected, Documents.Errors("version: 1\n" + line), StringComparison.Ordinal);

    [Theory]
    [InlineData("weight: 0", "weight: must be a whole number from 1 to 10000, not \"0\"")]
    [InlineData("weight: 1.5", "weight: must be a whole number")]
    [InlineData("weight: 99999999999999999999", "weight: must be a whole number")]
    [InlineData("price: { input: 1 }", "price.output: is missing")]
    [InlineData("price: { input: -1, output: 1 }", "price.input: must be a plain decimal number of USD")]
    [InlineData("price: { input: 1e-3, output: 1 }", "price.input: must be a plain decimal number of USD")]
    [InlineData("price: { input: 0.0000000001, output: 1 }", "price.input: has more than nine decimals")]
    [InlineData("price: { input: 1000001, output: 1 }", "price.input: must be at most 1000000 USD")]
    [InlineData("price: { input: 99999999999999999999999999999999, output: 1 }", "price.input: must be at most 1000000 USD")]
    [InlineData("priority: 1", "priority: unknown key")]
    public void Deployment_WithABadMember_IsRefused(string member, string expected) =>
        Assert.Contains($"models.gpt-4o.deployments[0].{expected}",
            Documents.Errors(Documents.Small.Replace("model: gpt-4o-2024", $"model: x, {member}", StringComparison.Ordinal)), StringComparison.Ordinal);

    [Fact]
    public void Deployments_Empty_IsRefused() =>
        Assert.Contains("models.m.deployments: must not be empty", Documents.Errors("version: 1\nmodels: { m: { deployments: [] } }"), StringComparison.Ordinal);
}
