using Gateway.Moderation.Checks;

namespace Gateway.Moderation.Tests.Checks;

public sealed class PatternCheckTests
{
    [Theory]
    [InlineData("(?=x)")]            // look-ahead
    [InlineData("(a)\\1")]           // back reference
    [InlineData("(?>a+)b")]          // atomic group
    [InlineData("(")]
    [InlineData("(?:a{1,1000}){1,1000}")]
    public void Pattern_ThatCannotRunInLinearTime_IsRefused(string pattern)
    {
        var error = Assert.Throws<ModerationConfigurationException>(() => new PatternCheck("regex_3", Policy.BlockPattern(pattern)));
        Assert.StartsWith("regex_3 has a pattern that cannot be used", error.Message);
    }

    [Fact]
    public void Pattern_OfMoreThanAThousandCharacters_IsRefused() =>
        Assert.Throws<ModerationConfigurationException>(() => new PatternCheck("regex_1", Policy.BlockPattern(new string('a', 1001))));

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("(a|a)*b")]
    [InlineData("(.*)*x")]
    public void Pattern_ThatExplodesElsewhere_AnswersOnALongText(string pattern)
    {
        // With backtracking any of these would not end in the lifetime of the machine.
        var text = new string('a', 5_000) + "!";
        Assert.Empty(Find(text, pattern));
    }

    [Theory]
    [InlineData("[0-9]{4}", "pin １２３４", 4, 8)]       // full width digits
    [InlineData("secret", "se\u200Bcret", 0, 7)]         // hidden characters are part of the match
    [InlineData("[A-Z]{3}", "abc DEF", 4, 7)]            // case counts
    public void Pattern_LookAlikes_AreFoundAtTheirPlace(string pattern, string text, int start, int end) =>
        Assert.Contains(new TextSpan(start, end), Find(text, pattern));

    [Fact]
    public void Pattern_EmptyMatch_IsNoMatch() => Assert.Empty(Find("bbb", "a*"));

    [Fact]
    public void Text_OverTheLimit_IsAFailureAndNotAPass() =>
        Assert.Throws<CheckFailedException>(() => Find(new string('a', PatternCheck.MaxTextLength + 1), "x"));

    [Fact]
    public void Match_OutOfTime_IsAFailureAndNotAPass()
    {
        var check = new PatternCheck("regex_1", Policy.BlockPattern("(a|b)*c"), matchTimeout: TimeSpan.FromTicks(1));
        Assert.Throws<CheckFailedException>(() => check.Find(new CheckedText(new string('a', 1_000_000), []), []));
    }

    private static List<TextSpan> Find(string text, string pattern)
    {
        var found = new List<TextSpan>();
        new PatternCheck("regex_1", Policy.BlockPattern(pattern), matchTimeout: TimeSpan.FromMinutes(5)).Find(new CheckedText(text, []), found);
        return found;
    }
}
