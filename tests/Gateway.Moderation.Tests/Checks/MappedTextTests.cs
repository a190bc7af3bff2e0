using Gateway.Moderation.Checks;

namespace Gateway.Moderation.Tests.Checks;

public sealed class MappedTextTests
{
    private const char Above = '\u0301';    // combining class 230
    private const char Below = '\u0316';    // combining class 220: sorts before

    [Fact]
    public void Fold_MarksOfOneLetter_AreSorted() =>
        Assert.Equal("a" + new string(Below, 15) + new string(Above, 15), MappedText.Fold("a" + new string(Above, 15) + new string(Below, 15)).Units.ToString());

    [Fact]
    public void Fold_RunOfAMillionMarks_MovesEachOverThirtyAtMost()
    {
        // A mark that passed every other before it would take a quadratic number of steps. How far each one came shows in the result.
        const int Half = 256 * 1024;
        var text = new string(Above, Half) + new string(Below, Half);

        var units = MappedText.Fold(text).Units;

        Assert.Equal(2 * Half, units.Length);
        Assert.Equal(Half - MappedText.MaxMarks, units.IndexOf(Below));
        Assert.Equal((2 * Half) - MappedText.MaxMarks - 1, units.LastIndexOf(Below));
        Assert.Equal(30, MappedText.MaxMarks);
    }
}
