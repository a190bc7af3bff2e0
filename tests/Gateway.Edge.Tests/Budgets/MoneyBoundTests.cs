using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Edge.Budgets;

namespace Gateway.Edge.Tests.Budgets;

/// <summary>Bounds are never too small: rounded up, of the dearest prices, and never wrapped around.</summary>
public sealed class MoneyBoundTests
{
    private static readonly InputSize Text = new(TextBytes: 1_000, MediaBytes: 0, Media: 0, IsOpen: false, HasTools: false, Choices: 1);

    [Theory]
    [InlineData(null, 4_000L, null, 4_000)]
    [InlineData(null, null, null, 16_384)]
    [InlineData(null, null, 100L, 100)]
    [InlineData(null, 40_000L, null, 16_384)]
    [InlineData(null, 40_000L, 30_000L, 30_000)]
    [InlineData(null, 4_000L, 30_000L, 4_000)]
    [InlineData(50L, 4_000L, 30L, 50)]
    [InlineData(50_000L, 4_000L, null, 4_000)]
    [InlineData(50_000L, null, null, 50_000)]
    public void OutputCap_IsTheClients_ElseTheLeastOfModelAndRoute(long? client, long? model, long? route, long cap)
    {
        var bound = Of(Text, Price(new(1, 1, 1, 1), model, route: route), client ?? -1).Money;
        Assert.Equal((cap, client is null ? Math.Min(cap, 16) : cap), (bound.OutputCap, bound.LeastOutputCap));
    }

    [Fact]
    public void ClientsCap_StaysWhole_WhereOneDeploymentDoesNotSayItsMost()
    {
        var price = TargetPrice.Of([Deployment(new(1, 1, 1, 1), 4_000), Deployment(new(1, 1, 1, 1), null)], null);
        Assert.Equal(50_000, Of(Text, price, 50_000).Money.OutputCap);
        Assert.Equal(4_000, Of(Text, price, -1).Money.OutputCap);
    }

    [Fact]
    public void Price_IsTheDearestOfEachKind()
    {
        var price = TargetPrice.Of([Deployment(new(Input: 3, CachedInput: 1, CacheWrite: 2, Output: 10), 1), Deployment(new(Input: 1, CachedInput: 1, CacheWrite: 7, Output: 4), 1), Deployment(null, 1)], null);
        Assert.Equal((true, 7, 10), (price.IsPriced, price.Input, price.Output));
        Assert.False(TargetPrice.Of([Deployment(null, 1)], null).IsPriced);
        Assert.False(TargetPrice.Of([], null).IsPriced);
    }

    [Fact]
    public void Price_IsTheDearestClassAndTier_AndThatOfLongPromptsOnlyWhereTheInputMayBeLong()
    {
        var usual = new TokenPrice(1_000_000, 1, 1, 2_000_000) { Reasoning = 3_000_000 };
        var plan = new PricePlan(new TierPrices(usual) { Priority = new(4_000_000, 1, 1, 5_000_000) { CacheWrite1h = 6_000_000 } }, 10_000, new TierPrices(new(9_000_000, 1, 1, 8_000_000)));
        var price = TargetPrice.Of([new DeploymentConfig { Provider = "p", Model = "m", Plan = plan, MaxOutput = 10 }], null);

        // 1,000 bytes of text are 1,064 tokens at most: not long.
        var small = Of(Text, price).Money;
        Assert.Equal((1_064 * 6, 5), (small.CautiousInputNanoUsd, small.NanoUsdPerOutputToken));
        var large = Of(Text with { TextBytes = 10_000 }, price).Money;
        Assert.Equal((10_064 * 9, 8), (large.CautiousInputNanoUsd, large.NanoUsdPerOutputToken));
    }

    [Fact]
    public void Unlisted_Model_HasTheCataloguesPrice()
    {
        var config = GatewayConfigLoader.Load("version: 1\nproviders: { openai: { protocol: openai, base_url: \"https://api.openai.com/v1\" } }\nresolve: { default_provider: openai }", static _ => null, "test").Config!;
        var target = new Core.Catalog.ModelDirectory(config).Resolve("openai/gpt-4o")!;

        Assert.Equal((true, 10_000_000_000), (new ModelPrices(config).Of(target, ["*"]).IsPriced, config.PlanOf("openai", "gpt-4o")!.Standard.Output));
    }

    [Fact]
    public void EverythingRoundsUp()
    {
        // A token costs a part of a nano-USD.
        var bound = Of(Text with { Choices = 3 }, Price(new(1, 1, 1, 1), 10)).Money;
        Assert.Equal((1, 1, 1), (bound.InputNanoUsd, bound.CautiousInputNanoUsd, bound.NanoUsdPerOutputToken));
    }

    [Fact]
    public void Estimate_HasAMargin_AndIsNeverAboveTheCautiousBound()
    {
        var price = Price(new(1_000_000, 1, 1, 1), 10);
        var bound = Of(Text, price);

        // 250 tokens at four bytes, 15 % and 64 more.
        Assert.Equal((352, 352, 1_064, 1_064), (bound.Input, bound.Money.InputNanoUsd, bound.CautiousInput, bound.Money.CautiousInputNanoUsd));
        Assert.Equal(300, Of(Text, Price(new(1_000_000, 1, 1, 1), 10, context: 300)).Input);
    }

    [Theory]
    [InlineData(128_000L, 128_000)]
    [InlineData(null, 1_000_000)]
    public void OpenInput_IsTheContextWindow(long? context, long tokens)
    {
        var bound = Of(Text with { IsOpen = true }, Price(new(1_000_000, 1, 1, 1), 10, context));
        Assert.Equal((tokens, tokens), (bound.Input, bound.CautiousInput));
    }

    [Fact]
    public void Media_AreNoLessThanTheDearestModelsCountThem()
    {
        var small = Of(Text with { Media = 2, MediaBytes = 60 }, Price(new(1_000_000, 1, 1, 1), 10));
        var large = Of(Text with { Media = 1, MediaBytes = 3_000_000 }, Price(new(1_000_000, 1, 1, 1), 10));
        Assert.Equal(1_000 + 100_000 + 64, small.CautiousInput);
        Assert.Equal(1_000 + 3_000_000 + 64, large.CautiousInput);
        Assert.InRange(large.Input, 187_500, 200_000);
    }

    [Fact]
    public void WildPrices_AreCapped_AndNeverWrapAround()
    {
        var bound = Of(Text with { IsOpen = true, Choices = 128 }, Price(new(long.MaxValue, 1, 1, 700_000_000_000_000_000), null), client: RequestFactsReader.MaxOutputCap).Money;
        Assert.Equal(BudgetConfig.MostNanoUsd, bound.CautiousInputNanoUsd);
        Assert.InRange(bound.NanoUsdPerOutputToken * bound.OutputCap, 0, BudgetConfig.MostNanoUsd);
        Assert.True(MoneyBound.Of(bound.CautiousInputNanoUsd, bound.NanoUsdPerOutputToken, bound.OutputCap) > 0);
    }

    [Fact]
    public void ActualCost_IsNeverAboveTheBound()
    {
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            var price = new TokenPrice(random.NextInt64(100_000_000_000), random.NextInt64(100_000_000_000), random.NextInt64(100_000_000_000), random.NextInt64(600_000_000_000));
            var size = Text with { TextBytes = random.Next(1, 2_000_000), Choices = random.Next(1, 9) };
            var bound = Of(size, Price(price, random.Next(1, 100_000))).Money;
            var input = random.NextInt64(size.TextBytes + 1);
            var cached = random.NextInt64(input + 1);
            var cost = price.Cost(new TokenUsage(input, cached, random.NextInt64(input - cached + 1), bound.OutputCap * size.Choices, 0));
            Assert.True(cost <= MoneyBound.Of(bound.CautiousInputNanoUsd, bound.NanoUsdPerOutputToken, bound.OutputCap));
        }
    }

    [Theory]
    [InlineData(true, 1_064)]
    [InlineData(false, 352)]
    public void HeldMoney_TellsWhichInputItIsFor(bool cautious, long tokens)
    {
        var bound = Of(Text, Price(new(1_000_000, 1, 1, 2_000_000), 10));
        var held = MoneyBound.Of(cautious ? bound.Money.CautiousInputNanoUsd : bound.Money.InputNanoUsd, bound.Money.NanoUsdPerOutputToken, 7);
        Assert.Equal(tokens, bound.InputFor(new AdmissionAnswer { Outcome = AdmissionOutcome.Admitted, HeldNanoUsd = held, OutputCap = 7 }));
        Assert.Equal(-1, bound.InputFor(new AdmissionAnswer { Outcome = AdmissionOutcome.Admitted }));
    }

    [Theory]
    [InlineData(LlmKind.Chat, -1, 2, 250 + 2 * 500)]
    [InlineData(LlmKind.Chat, 30, 2, 250 + 2 * 30)]
    [InlineData(LlmKind.Embed, -1, 1, 250)]
    public void ReservedTokens_AreInputAndLikelyOutput(LlmKind kind, long cap, int choices, long tokens)
    {
        var target = new KeyTarget(RuleSet.Empty, Price(null, null), new InputRatio(), new OutputLengths());
        var size = Text with { Choices = choices };
        Assert.Equal(tokens, MoneyBounds.Reserved(MoneyBounds.EstimateInput(in size, target, isForm: false), Facts(cap), kind, in size, target));
    }

    private static RequestBound Of(InputSize size, TargetPrice price, long client = -1) =>
        MoneyBounds.Of((size.TextBytes + 3) / 4, Facts(client), LlmKind.Chat, in size, price);

    private static RequestFacts Facts(long cap) => new() { Model = "x", ModelToken = default, User = "", CandidateCount = 1, OutputCap = cap };

    private static TargetPrice Price(TokenPrice? price, long? maxOutput, long? context = null, long? route = null) => TargetPrice.Of([Deployment(price, maxOutput, context)], route);

    private static DeploymentConfig Deployment(TokenPrice? price, long? maxOutput, long? context = null) =>
        new() { Provider = "p", Model = "m", Price = price, MaxOutput = maxOutput, Context = context };
}
