using Gateway.Core.Money;

namespace Gateway.Core.Tests.Money;

public sealed class PricePlanTests
{
    private static readonly TokenPrice Standard = new(10, 1, 12, 50);
    private static readonly TokenPrice Flex = new(5, 1, 6, 25);
    private static readonly TokenPrice Long = new(20, 2, 24, 75);
    private static readonly TokenPrice LongPriority = new(40, 4, 48, 150);

    private static readonly PricePlan Plan = new(new TierPrices(Standard) { Flex = Flex }, 200_000, new TierPrices(Long) { Priority = LongPriority });

    public static TheoryData<long, ServiceTier, long> Cases => new()
    {
        { 200_000, ServiceTier.Unsaid, 10 },
        { 200_000, ServiceTier.Standard, 10 },
        { 200_000, ServiceTier.Flex, 5 },
        { 200_000, ServiceTier.Priority, 10 },
        { 200_000, ServiceTier.Batch, 10 },
        { 200_001, ServiceTier.Unsaid, 20 },
        { 200_001, ServiceTier.Flex, 20 },
        { 200_001, ServiceTier.Priority, 40 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Length_and_tier_choose_the_price(long tokens, ServiceTier tier, long input) => Assert.Equal(input, Plan.For(tokens, tier).Input);

    [Fact]
    public void The_dearest_knows_what_may_be_long()
    {
        Assert.Equal((10, 50), (Plan.Dearest(200_000).DearestInput - 2, Plan.Dearest(200_000).DearestOutput));
        Assert.Equal((48, 150), (Plan.Dearest(200_001).DearestInput, Plan.Dearest(200_001).DearestOutput));
    }

    [Fact]
    public void Classes_that_one_price_leaves_to_its_others_are_compared_all_the_same()
    {
        var both = new TokenPrice(1, 1, 1, 100).Or(new TokenPrice(1, 1, 1, 1) { Reasoning = 2, CacheWrite1h = 9 });

        Assert.Equal((100, 9, null), (both.Reasoning, both.CacheWrite1h, both.AudioInput));
    }

    [Theory]
    [InlineData(7, 0, 0, 0, 0, 0, 7 * 1)]
    [InlineData(7, 2, 0, 0, 0, 0, (5 * 1) + (2 * 10))]
    [InlineData(7, 2, 3, 1, 0, 0, (2 * 1) + (2 * 10) + (2 * 100) + (1 * 1000))]
    [InlineData(7, 2, 3, 9, 0, 0, (2 * 1) + (2 * 10) + (3 * 1000))]
    [InlineData(0, 0, 0, 0, 8, 3, (5 * 10_000) + (3 * 100_000))]
    public void Every_class_has_its_own_price(long input, long cached, long written, long hour, long output, long reasoning, long nanoUsd)
    {
        const long M = 1_000_000;
        var price = new TokenPrice(1 * M, 10 * M, 100 * M, 10_000 * M) { CacheWrite1h = 1000 * M, Reasoning = 100_000 * M };

        Assert.Equal(nanoUsd, price.Cost(new TokenUsage(input, cached, written, output, reasoning) { CacheWrite1h = hour }));
    }

    [Fact]
    public void Sound_has_its_own_price_beside_text_and_reasoning()
    {
        const long M = 1_000_000;
        var price = new TokenPrice(1 * M, 2 * M, 3 * M, 10 * M) { AudioInput = 100 * M, AudioOutput = 1000 * M, Reasoning = 20 * M };

        Assert.Equal((3 * 1) + (5 * 100) + (2 * 2) + (2 * 10) + (1 * 20) + (4 * 1000), price.Cost(new TokenUsage(10, 2, 0, 7, 1) { AudioInput = 5, AudioOutput = 4 }));
    }

    [Theory]
    [InlineData("default", ServiceTier.Standard)]
    [InlineData("standard", ServiceTier.Standard)]
    [InlineData("on_demand", ServiceTier.Standard)]
    [InlineData("ON_DEMAND_PRIORITY", ServiceTier.Priority)]
    [InlineData("flex", ServiceTier.Flex)]
    [InlineData("batch", ServiceTier.Batch)]
    [InlineData("auto", ServiceTier.Unsaid)]
    [InlineData("", ServiceTier.Unsaid)]
    [InlineData("a-word-that-is-longer-than-any-tier-has", ServiceTier.Unsaid)]
    [InlineData("ﬂex", ServiceTier.Unsaid)]
    public void Providers_words_for_tiers_are_known(string word, ServiceTier tier)
    {
        Assert.Equal(tier, ServiceTiers.Read(System.Text.Encoding.UTF8.GetBytes(word)));
        Assert.Equal(tier, ServiceTiers.Of(tier.Word()));
    }
}
