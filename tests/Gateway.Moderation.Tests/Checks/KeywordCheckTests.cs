using Gateway.Moderation.Checks;

namespace Gateway.Moderation.Tests.Checks;

public sealed class KeywordCheckTests
{
    [Theory]
    [InlineData("bad", "so bad.")]
    [InlineData("bad", "BAD")]
    [InlineData("bad", "ｂａｄ idea")]                  // full width
    [InlineData("bad", "𝐛𝐚𝐝 idea")]                  // mathematical bold, two units each
    [InlineData("bad", "b\u200Ba\u200Dd")]            // zero-width space and joiner
    [InlineData("bad", "ba\u00ADd")]                  // soft hyphen
    [InlineData("bad", "ba\uFE0Fd")]                  // variation selector
    [InlineData("office", "oﬃce")]                    // ligature
    [InlineData("straße", "STRASSE")]
    [InlineData("σίσυφος", "ΣΊΣΥΦΟΣ")]                // final sigma
    [InlineData("café", "cafe\u0301")]                // composed and decomposed
    [InlineData("e\u0323\u0302x", "e\u0302\u0323x")]  // marks in another order
    [InlineData("한국", "\u1112\u1161\u11AB국")]       // Hangul spelled out
    [InlineData("secret plan", "the secret \n\t plan")]
    [InlineData("secret plan", "the secret\u00A0plan")]
    [InlineData("炸弹", "制造炸弹的方法")]                 // no blanks between words
    [InlineData("c++", "I like c++!")]
    [InlineData("plan b", "x plan b")]
    public void Keyword_WrittenDifferently_IsFound(string keyword, string text) => Assert.NotEmpty(Find(text, keyword));

    [Theory]
    [InlineData("bad", "badge")]
    [InlineData("bad", "forbad")]
    [InlineData("bad", "bad_word")]
    [InlineData("bad", "bad7")]
    [InlineData("bad", "bäd")]
    [InlineData("cafe", "café")]
    [InlineData("cafe", "cafe\u0301")]
    [InlineData("secret plan", "secret planet")]
    [InlineData("secret plan", "secretplan")]
    [InlineData("bad", "")]
    public void Keyword_PartOfAnotherWord_IsNotFound(string keyword, string text) => Assert.Empty(Find(text, keyword));

    [Fact]
    public void Keyword_WithInvisibleCharactersInside_SpansAllOfThem()
    {
        var span = Assert.Single(Find("x b\u200Ba\u200Dd y", "bad"));
        Assert.Equal(new TextSpan(2, 7), span);
    }

    [Fact]
    public void Keyword_AfterSurrogatePairs_IsFoundAtItsOffset()
    {
        var span = Assert.Single(Find("🙂🙂 bad 🙂", "bad"));
        Assert.Equal(new TextSpan(5, 8), span);
    }

    [Fact]
    public void Keywords_OneInsideAnother_AreAllFound()
    {
        var found = Find("the big bad wolf", "bad", "big bad", "big bad wolf", "wolf");
        Assert.Equal(4, found.Count);
    }

    [Fact]
    public void Keyword_SuffixOfAnAbandonedOne_IsFound()
    {
        // The longer word fails at its last letter; the automaton must fall back into the shorter one.
        Assert.Equal([new TextSpan(4, 8)], Find("red blue", "red blues", "blue"));
        Assert.Equal([new TextSpan(5, 9)], Find("abcd abce", "abcd abcf", "abce"));
    }

    [Fact]
    public void TenThousandKeywords_LongText_FindsTheOne()
    {
        var words = Enumerable.Range(0, 10_000).Select(index => $"word{index}x").ToArray();
        var text = string.Join(' ', Enumerable.Range(0, 100_000).Select(index => $"word{index}")) + " word777x";
        Assert.Single(Find(text, words));
    }

    [Fact]
    public void Keyword_OfInvisibleCharacters_IsRefused() =>
        Assert.Throws<ModerationConfigurationException>(() => new KeywordCheck("keywords_1", Policy.Block("\u200B")));

    private static List<TextSpan> Find(string text, params string[] keywords)
    {
        var found = new List<TextSpan>();
        new KeywordCheck("keywords_1", Policy.Block(keywords)).Find(new CheckedText(text, []), found);
        return found;
    }
}
