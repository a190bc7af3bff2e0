namespace Gateway.Core.Tests.Configuration;

/// <summary>Names that lead to other parts of the document.</summary>
public sealed class ReferenceTests
{
    private const string Provider = "providers: { openai: { protocol: openai, base_url: https://x.example.com } }\n";
    private const string Base = "version: 1\n" + Provider + "models: { gpt-4o: { deployments: [ { provider: openai, model: m } ] } }\n";

    [Theory]
    [InlineData("resolve: { default_provider: opnai }", "resolve.default_provider: unknown provider \"opnai\"; did you mean \"openai\"?")]
    [InlineData("resolve: { prefixes: { \"gpt-*\": azure } }", "resolve.prefixes[\"gpt-*\"]: unknown provider \"azure\"")]
    [InlineData("resolve: { prefixes: { gpt: openai } }", "resolve.prefixes.gpt: a prefix must be the beginning of a name and one trailing *")]
    [InlineData("resolve: { prefixes: { \"*\": openai } }", "for all names use resolve.default_provider")]
    [InlineData("resolve: { prefixes: { \"g*t*\": openai } }", "a prefix must be the beginning of a name")]
    [InlineData("keys: [ { id: a, secret: s-secret, models: [gpt-4] } ]", "keys[0].models[0]: unknown model \"gpt-4\"; did you mean \"gpt-4o\"?")]
    [InlineData("keys: [ { id: a, secret: s-secret, models: [\"*\"], providers: [azure] } ]", "keys[0].providers[0]: unknown provider \"azure\"")]
    [InlineData("keys: [ { id: a, secret: s-secret, models: [\"*\"], moderation: strict } ]", "keys[0].moderation: unknown moderation policy \"strict\"")]
    [InlineData("keys: [ { id: a, secret: s-secret } ]", "keys[0].models: is missing")]
    [InlineData("keys: [ { id: a, secret: s-secret, models: [] } ]", "keys[0].models: must not be empty")]
    [InlineData("keys: [ { id: a, secret: s-secret, models: [\"*\"] }, { id: a, secret: t-secret, models: [\"*\"] } ]", "keys[1].id: the same id as keys[0].id")]
    [InlineData("keys: [ { id: a, secret: s-secret, models: [\"*\"] }, { id: b, secret: s-secret, models: [\"*\"] } ]", "keys[1].secret: the same secret as keys[0].secret")]
    [InlineData("server: { admin_key: s-secret }\nkeys: [ { id: a, secret: s-secret, models: [\"*\"] } ]", "keys[0].secret: the same secret as server.admin_key")]
    [InlineData("keys: [ { id: public, secret: s-secret, models: [\"*\"] } ]", "keys[0].id: stands for callers without a key")]
    [InlineData("keys: [ { id: \"a b\", secret: s-secret, models: [\"*\"] } ]", "keys[0].id: must be a letter or digit")]
    [InlineData("keys: [ { id: a, secret: s-secret, models: [\"*\"], expires: tomorrow } ]", "keys[0].expires: must be a date such as 2027-01-01")]
    [InlineData("keys: [ { id: a, secret: s-secret, models: [\"*\"], limits: { requests_per_minute: 0 } } ]", "keys[0].limits.requests_per_minute: must be a whole number from 1 to 1000000000")]
    [InlineData("aliases: { a: b, b: c, c: a }", "aliases.a: this alias leads in a circle")]
    [InlineData("aliases: { a: a }", "aliases.a: this alias leads in a circle")]
    [InlineData("aliases: { fast: gpt-4 }", "aliases.fast: leads to \"gpt-4\", which is no model group, no provider/model, no alias and no name that resolve knows; did you mean \"gpt-4o\"?")]
    [InlineData("aliases: { fast: azure/gpt-4 }", "aliases.fast: leads to \"azure/gpt-4\"")]
    [InlineData("aliases: { gpt-4o: openai/x }", "aliases.gpt-4o: this is also the name of a model group")]
    [InlineData("aliases: { \"a b\": gpt-4o }", "aliases[\"a b\"]: a name must be")]
    [InlineData("aliases: { a: \"\" }", "aliases.a: must not be empty")]
    public void Reference_ToNothing_IsRefused(string lines, string expected) =>
        Assert.Contains(expected, Documents.Errors(Base + lines), StringComparison.Ordinal);

    [Fact]
    public void Deployment_OfAnUnknownProvider_IsRefused() =>
        Assert.Equal("gateway.yaml:2:43 models.m.deployments[0].provider: unknown provider \"azure\"",
            Documents.Errors("version: 1\nmodels: { m: { deployments: [ { provider: azure, model: m } ] } }"));

    [Fact]
    public void ModelGroup_WithAnUnknownPolicy_IsRefused() =>
        Assert.Contains("models.m.moderation: unknown moderation policy \"strict\"",
            Documents.Errors("version: 1\n" + Provider + "models: { m: { moderation: strict, deployments: [ { provider: openai, model: m } ] } }"), StringComparison.Ordinal);

    [Fact]
    public void Reference_ToSomethingThatHasAnErrorItself_BringsNoSecondError() =>
        Assert.Equal("gateway.yaml:2:52 providers.openai.base_url: must begin with http:// or https://",
            Documents.Errors((Base + "resolve: { default_provider: openai }").Replace("https://x.example.com", "ftp://x.example.com", StringComparison.Ordinal)));

    [Theory]
    [InlineData("gpt-4o", "gpt-4o")]
    [InlineData("openai/any", "openai/any")]
    [InlineData("b", "gpt-4o")]
    [InlineData("d", "gpt-4o")]
    [InlineData("o1-mini", "openai/o1-mini")]
    public void Alias_Target_IsFollowedToItsEnd(string target, string expected)
    {
        var config = Documents.Good(Base + $"aliases: {{ a: {target}, b: gpt-4o, c: b, d: c }}\nresolve: {{ prefixes: {{ \"o1*\": openai }} }}");

        Assert.Equal(expected, config.Aliases["a"]);
    }

    [Fact]
    public void Prefixes_InAnyOrder_AreHeldLongestFirst()
    {
        var config = Documents.Good(Base + "resolve: { prefixes: { \"g*\": openai, \"gpt-4*\": openai, \"gpt-*\": openai } }");

        Assert.Equal(["gpt-4*", "gpt-*", "g*"], config.Resolve.Prefixes.Select(static prefix => prefix.Key));
    }

    [Theory]
    [InlineData("2027-01-01", "2027-01-01T00:00:00.0000000+00:00")]
    [InlineData("2027-01-01T12:30:00Z", "2027-01-01T12:30:00.0000000+00:00")]
    [InlineData("\"2027-01-01T12:30:00+02:00\"", "2027-01-01T10:30:00.0000000+00:00")]
    public void Expires_AsDateOrInstant_IsAnInstantInUtc(string text, string expected)
    {
        var config = Documents.Good(Base + $"keys: [ {{ id: a, secret: s-secret, models: [\"*\"], expires: {text} }} ]");

        Assert.Equal(expected, config.Keys[0].Expires!.Value.ToString("O"));
    }
}
