namespace Gateway.Core.Tests.Configuration;

public sealed class EnvironmentTests
{
    [Theory]
    [InlineData("${KEY}", "sk-1")]
    [InlineData("a${KEY}b${KEY}", "ask-1bsk-1")]
    [InlineData("${KEY:-other}", "sk-1")]
    [InlineData("${UNSET:-other}", "other")]
    [InlineData("${EMPTY:-other}", "other")]
    [InlineData("${UNSET:-a:-b}", "a:-b")]
    [InlineData("$$", "$")]
    [InlineData("$${KEY}", "${KEY}")]
    [InlineData("$$${KEY}", "$sk-1")]
    [InlineData("$KEY", "$KEY")]
    [InlineData("end$", "end$")]
    public void Value_WithVariables_IsExpanded(string text, string expected) =>
        Assert.Equal([expected], Keys(text));

    [Theory]
    [InlineData("${UNSET}", "environment variable UNSET is not set; set it, or write ${UNSET:-default}")]
    [InlineData("${KEY", "\"${\" without \"}\"; write $$ for a plain $")]
    [InlineData("${}", "needs the name of an environment variable")]
    [InlineData("${1A}", "needs the name of an environment variable")]
    [InlineData("${A-b}", "needs the name of an environment variable")]
    [InlineData("${UNSET:-${KEY}}", "the default of ${UNSET} holds another variable")]
    [InlineData("${EMPTY}", "must not be empty: an empty secret is a known secret (from environment variable EMPTY)")]
    [InlineData("${EMPTY:-}", "must not be empty")]
    public void Value_WithABadVariable_NamesPathAndVariable(string text, string expected)
    {
        var errors = Documents.Errors(With(text), ("KEY", "sk-1"), ("EMPTY", ""));

        Assert.StartsWith("gateway.yaml:6:12 providers.openai.keys[0]: ", errors, StringComparison.Ordinal);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a, b]")]
    [InlineData("\"quoted\"")]
    [InlineData("x: y")]
    [InlineData("&anchor")]
    [InlineData("!tag")]
    [InlineData("#comment")]
    [InlineData("null")]
    [InlineData("${KEY}")]
    public void Variable_WithYamlInside_StaysText(string value)
    {
        var config = Documents.Good(With("${HEADER}").Replace("keys: [", "headers: { x-a: ", StringComparison.Ordinal).Replace("\"]", "\" }", StringComparison.Ordinal), ("HEADER", value));

        Assert.Equal(value, Assert.Single(config.Providers["openai"].Headers).Value);
    }

    [Fact]
    public void Variable_WithLineBreaks_AddsNoKeys()
    {
        var config = Documents.Good(
            "version: 1\nmoderation: { policies: { p: { input: [ { check: keywords, list: [\"${WORDS}\"], action: block } ] } } }",
            ("WORDS", "a\nserver:\n  admin_key: injected"));

        Assert.Null(config.Server.AdminKey);
        Assert.Equal(["a\nserver:\n  admin_key: injected"], config.Moderation.Policies["p"].Input[0].Keywords);
    }

    [Fact]
    public void Variable_InATypedValue_IsReadAsThatType() =>
        Assert.Equal(TimeSpan.FromSeconds(7), Documents.Good("version: ${V}\nserver: { drain: \"${DRAIN:-7s}\" }", ("V", "1")).Server.Drain);

    [Fact]
    public void Key_WithAVariable_IsNoVariable() =>
        Assert.Contains("a name must be", Documents.Errors("version: 1\naliases: { \"${KEY}\": a/b }", ("KEY", "x")), StringComparison.Ordinal);

    private static string With(string text) => $"""
        version: 1
        providers:
          openai:
            protocol: openai
            base_url: https://x.example.com
            keys: ["{text}"]
        """;

    private static IReadOnlyList<string> Keys(string text) => [.. Documents.Good(With(text), ("KEY", "sk-1"), ("EMPTY", "")).Providers["openai"].Keys.Select(static key => key.Secret)];
}
