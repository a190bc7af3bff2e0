using Gateway.Core.Configuration;

namespace Gateway.Core.Tests.Configuration;

public sealed class ModerationRulesTests
{
    [Fact]
    public void Policy_WithBothKindsOfChecks_IsReadInOrder()
    {
        var policy = Documents.Good(With("""
            { check: keywords, list: [alpha, "beta gamma"], action: block }, { check: regex, pattern: "^[0-9]{4}$", action: redact, replacement: "" }
            """)).Moderation.Policies["p"];

        Assert.Equal(ModerationMode.Required, policy.Mode);
        Assert.Equal(["alpha", "beta gamma"], policy.Input[0].Keywords);
        Assert.Equal(ModerationAction.Block, policy.Input[0].Action);
        Assert.Null(policy.Input[0].Pattern);
        Assert.Equal("^[0-9]{4}$", policy.Input[1].Pattern);
        Assert.Equal(ModerationAction.Redact, policy.Input[1].Action);
        Assert.Equal("", policy.Input[1].Replacement);
    }

    [Theory]
    [InlineData("check: keywords, action: block", "list: is missing: check: keywords needs it")]
    [InlineData("check: regex, action: block", "pattern: is missing: check: regex needs it")]
    [InlineData("check: regex, pattern: a, list: [b], action: block", "list: has no effect with check: regex; remove it")]
    [InlineData("check: keywords, pattern: a, list: [b], action: block", "pattern: has no effect with check: keywords; remove it")]
    [InlineData("check: keywords, list: [b], action: block, replacement: c", "replacement: has no effect with action: block; remove it")]
    [InlineData("check: keywords, list: [], action: block", "list: must not be empty")]
    [InlineData("check: keywords, list: [\" \"], action: block", "list[0]: must not be empty")]
    [InlineData("check: keywords, list: [a]", "action: is missing: block or redact")]
    [InlineData("check: keywords, list: [a], action: delete", "action: must be block or redact, not \"delete\"")]
    [InlineData("check: keyword, list: [a], action: block", "check: must be keywords or regex, not \"keyword\"; did you mean \"keywords\"?")]
    [InlineData("check: pii, action: redact", "check: \"pii\" is not available yet; use keywords or regex")]
    [InlineData("check: regex, pattern: \"(\", action: block", "pattern: is no regular expression: InsufficientClosingParentheses at character 1")]
    [InlineData("check: regex, pattern: \"(?=a)b\", action: block", "pattern: cannot run in linear time")]
    [InlineData("check: regex, pattern: \"(?<!a)b\", action: block", "pattern: cannot run in linear time")]
    [InlineData("check: regex, pattern: \"(a)\\\\1\", action: block", "pattern: cannot run in linear time")]
    [InlineData("check: regex, pattern: \"(?>a+)b\", action: block", "pattern: cannot run in linear time")]
    [InlineData("check: regex, pattern: \"(a)?(?(1)b|c)\", action: block", "pattern: cannot run in linear time")]
    [InlineData("check: regex, pattern: \"a*\", action: block", "pattern: matches the empty text, so it would match everything")]
    [InlineData("check: regex, pattern: \"\", action: block", "pattern: must not be empty")]
    public void Check_ThatCannotWork_IsRefused(string check, string expected) =>
        Assert.Contains($"moderation.policies.p.input[0].{expected}", Documents.Errors(With($"{{ {check} }}")), StringComparison.Ordinal);

    [Fact]
    public void Pattern_LongerThanAThousand_IsRefused() =>
        Assert.Contains("input[0].pattern: must have at most 1000 characters",
            Documents.Errors(With($"{{ check: regex, action: block, pattern: {new string('a', 1001)} }}")), StringComparison.Ordinal);

    [Fact]
    public void Policy_WithMoreThanTwoHundredPatterns_IsRefused() =>
        Assert.Contains("moderation.policies.p: must have at most 200 patterns",
            Documents.Errors(With(string.Join(", ", Enumerable.Repeat("{ check: regex, action: block, pattern: a }", 201)))), StringComparison.Ordinal);

    [Fact]
    public void Policy_WithoutChecks_IsRefused()
    {
        Assert.Contains("moderation.policies.p.input: must not be empty", Documents.Errors(With("")), StringComparison.Ordinal);
        Assert.Contains("moderation.policies.p.input: is missing", Documents.Errors("version: 1\nmoderation: { policies: { p: { mode: required } } }"), StringComparison.Ordinal);
    }

    private static string With(string checks) => $"version: 1\nmoderation: {{ policies: {{ p: {{ input: [ {checks.Trim()} ] }} }} }}";
}
