using System.Numerics;
using Gateway.Core.Money;

namespace Gateway.Core.Tests.Money;

public sealed class TokenPriceTests
{
    // 2.50 in, 1.25 cached, 3.125 written, 10.00 out, USD per million.
    private static readonly TokenPrice Price = new(2_500_000_000, 1_250_000_000, 3_125_000_000, 10_000_000_000);

    [Theory]
    [InlineData(0, 0, 0, 0, 0)]
    [InlineData(1_000_000, 0, 0, 0, 2_500_000_000)]
    [InlineData(1, 0, 0, 0, 2_500)]
    [InlineData(0, 0, 0, 1, 10_000)]
    [InlineData(1000, 1000, 0, 0, 1_250_000)]
    [InlineData(1000, 400, 100, 50, (500 * 2_500) + (400 * 1_250) + (100 * 3_125) + (50 * 10_000))]
    public void Cost_OfEveryClass_IsSummed(long input, long cached, long written, long output, long nanoUsd) =>
        Assert.Equal(nanoUsd, Price.Cost(new(input, cached, written, output, 0)));

    [Fact]
    public void Cost_OfReasoning_IsPartOfTheOutput() =>
        Assert.Equal(Price.Cost(new(10, 0, 0, 100, 0)), Price.Cost(new(10, 0, 0, 100, 90)));

    [Theory]
    [InlineData(499_999, 0)]
    [InlineData(500_000, 1)]
    [InlineData(1_499_999, 1)]
    [InlineData(1_500_000, 2)]
    public void Cost_WithAFraction_IsRoundedHalfUp(long tokens, long nanoUsd) =>
        Assert.Equal(nanoUsd, new TokenPrice(1, 1, 1, 1).Cost(new(tokens, 0, 0, 0, 0)));

    [Fact]
    public void Cost_OfSeveralClasses_IsRoundedOnce() =>
        // Each class alone is 0.4 nano-USD and would vanish; together they are 1.6.
        Assert.Equal(2, new TokenPrice(1, 1, 1, 1).Cost(new(1_200_000, 400_000, 400_000, 400_000, 0)));

    [Fact]
    public void Cost_OfMoreCachedThanInput_IsNeverNegative() =>
        Assert.Equal(2000 * 1_250, Price.Cost(new(1000, 2000, 0, 0, 0)));

    [Fact]
    public void Cost_OfMoreTokensThanAnyAnswerHas_IsThatOfTheMost() =>
        Assert.Equal(1000 * Price.Output, Price.Cost(new(0, 0, 0, 1_000_000_000_000, 0)));

    [Fact]
    public void Cost_TooLargeForALong_IsTheGreatestNumberAndNeverAWrappedOne() =>
        Assert.Equal(long.MaxValue, new TokenPrice(long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue)
            .Cost(new(long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue, 0)));

    [Fact]
    public void Usage_OfTwoCalls_IsSummedClassByClassAndNeverWrapsAround()
    {
        Assert.Equal(
            new TokenUsage(11, 22, 33, 44, 55) { CacheWrite1h = 88, AudioInput = 66, AudioOutput = 77 },
            new TokenUsage(1, 2, 3, 4, 5) { CacheWrite1h = 8, AudioInput = 6, AudioOutput = 7 } + new TokenUsage(10, 20, 30, 40, 50) { CacheWrite1h = 80, AudioInput = 60, AudioOutput = 70 });
        Assert.Equal(long.MaxValue, (new TokenUsage(long.MaxValue, 0, 0, 0, 0) + new TokenUsage(1, 0, 0, 0, 0)).Input);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Cost_OfRandomUsage_EqualsTheExactFractionRoundedOnce(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 5000; round++)
        {
            var price = new TokenPrice(random.NextInt64(1_000_000_000_000), random.NextInt64(1_000_000_000_000), random.NextInt64(1_000_000_000_000), random.NextInt64(1_000_000_000_000));
            var cached = random.NextInt64(1_000_000);
            var written = random.NextInt64(1_000_000);
            var usage = new TokenUsage(cached + written + random.NextInt64(1_000_000), cached, written, random.NextInt64(1_000_000), 0);

            var exact = ((BigInteger)(usage.Input - cached - written) * price.Input) + ((BigInteger)cached * price.CachedInput)
                + ((BigInteger)written * price.CacheWrite) + ((BigInteger)usage.Output * price.Output);
            var rounded = BigInteger.Divide((2 * exact) + 1_000_000, 2_000_000);

            Assert.Equal((long)rounded, price.Cost(usage));
        }
    }
}
