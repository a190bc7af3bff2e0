using Gateway.Edge.Budgets;

namespace Gateway.Edge.Tests.Budgets;

public sealed class EstimatorTests
{
    [Fact]
    public void Input_IsFourBytesAToken_UntilReportsSayOtherwise()
    {
        var ratio = new InputRatio();
        Assert.Equal((250, 251), (ratio.TokensOf(1000, InputRatio.StandardText), ratio.TokensOf(1001, InputRatio.StandardText)));

        ratio.Learn(1000, 500);
        Assert.Equal(500, ratio.TokensOf(1000, InputRatio.StandardText));

        for (var i = 0; i < 100; i++)
        {
            ratio.Learn(3000, 1000);
        }

        Assert.InRange(ratio.TokensOf(3000, InputRatio.StandardText), 1000, 1005);
    }

    [Theory]
    [InlineData(1000, 3)]
    [InlineData(0, 100)]
    public void Reports_ThatSayNothingOfTheText_AreNotLearned(long bytes, long tokens)
    {
        var ratio = new InputRatio();
        ratio.Learn(bytes, tokens);
        Assert.Equal(250, ratio.TokensOf(1000, InputRatio.StandardText));
    }

    [Fact]
    public void WildReports_AreBounded()
    {
        var ratio = new InputRatio();
        ratio.Learn(100, long.MaxValue / 2000);
        Assert.Equal(1000, ratio.TokensOf(1000, InputRatio.StandardText));
    }

    [Fact]
    public void Output_IsWhatNineOfTenStayBelow_AndOldAnswersAreForgotten()
    {
        var lengths = new OutputLengths();
        Assert.Equal(OutputLengths.Standard, lengths.High);

        for (var i = 1; i <= 10; i++)
        {
            lengths.Learn(i * 100);
        }

        Assert.Equal(900, lengths.High);
        for (var i = 0; i < 100; i++)
        {
            lengths.Learn(7);
        }

        Assert.Equal(7, lengths.High);
    }

    [Fact]
    public void Estimator_StaysBounded_AndKeepsWhatIsUsed()
    {
        var table = new GenerationTable<int, object>(100);
        var used = table.GetOrAdd(-1, static _ => new object());
        for (var i = 0; i < 100_000; i++)
        {
            table.GetOrAdd(i, static _ => new object());
            if (i % 10 == 0)
            {
                Assert.Same(used, table.GetOrAdd(-1, static _ => new object()));
            }

            Assert.InRange(table.Count, 1, 101);
        }
    }

    [Fact]
    public void SameModel_IsLearnedTogether_AndAnswersByKey()
    {
        var estimator = new TokenEstimator();
        Assert.Same(estimator.InputOf("x"), estimator.InputOf("x"));
        Assert.Same(estimator.OutputOf("k", "x"), estimator.OutputOf("k", "x"));
        Assert.NotSame(estimator.OutputOf("k", "x"), estimator.OutputOf("l", "x"));
    }
}
