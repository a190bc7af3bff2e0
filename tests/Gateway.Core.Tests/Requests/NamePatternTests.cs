using Gateway.Core.Requests;

namespace Gateway.Core.Tests.Requests;

public sealed class NamePatternTests
{
    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("*", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("gpt-4o", "gpt-4o", true)]
    [InlineData("gpt-4o", "gpt-4o-mini", false)]
    [InlineData("gpt-4o", "GPT-4o", false)]
    [InlineData("gpt-*", "gpt-4o", true)]
    [InlineData("gpt-*", "gpt-", true)]
    [InlineData("gpt-*", "gpt", false)]
    [InlineData("*/gpt-*o", "openai/gpt-4o", true)]
    [InlineData("*/gpt-*o", "openai/gpt-4", false)]
    [InlineData("a*b*c", "aXbXbc", true)]
    [InlineData("a*b*c", "aXcXb", false)]
    [InlineData("**", "x", true)]
    [InlineData("?", "x", false)]
    public void Pattern_StarStandsForAnyRun(string pattern, string name, bool matches) => Assert.Equal(matches, NamePattern.Matches(pattern, name));
}
