using Gateway.Core.Money;
using Gateway.Router.Budgets;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Pricing;

/// <summary>Which of a deployment's prices a request is charged at, and what its record says of it.</summary>
public sealed class PriceInForceTests
{
    private const string Request = """{"model":"gpt-test","messages":[{"role":"user","content":"hi"}]}""";

    private static readonly TokenPrice Long = new(4_000_000_000, 4_000_000_000, 4_000_000_000, 20_000_000_000);

    private static readonly TokenPrice Flex = new(1_000_000_000, 1_000_000_000, 1_000_000_000, 5_000_000_000);

    private static readonly TokenPrice Priority = new(7_000_000_000, 7_000_000_000, 7_000_000_000, 35_000_000_000) { Reasoning = 40_000_000_000 };

    private static readonly PricePlan Plan = new(new TierPrices(TestConfig.Price) { Flex = Flex, Priority = Priority }, above: 1000, new TierPrices(Long));

    [Theory]
    [InlineData("\"service_tier\":\"default\",", 100, "default", 2_000)]
    [InlineData("", 100, "", 2_000)]
    [InlineData("\"service_tier\":\"flex\",", 100, "flex", 1_000)]
    [InlineData("\"service_tier\":\"priority\",", 1000, "priority", 7_000)]
    [InlineData("\"service_tier\":\"other\",", 1000, "", 2_000)]
    [InlineData("", 1001, "", 4_000)]
    [InlineData("\"service_tier\":\"flex\",", 1001, "flex", 4_000)]
    public async Task The_tier_that_the_answer_names_and_the_tokens_that_it_counts_choose_the_price(string tier, int tokens, string recorded, long nanoPerToken)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync($$$"""{"id":"a","object":"chat.completion","model":"m",{{{tier}}}"choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":{{{tokens}}},"completion_tokens":0,"total_tokens":{{{tokens}}}}}""");
        await using var router = await StartAsync(upstream);

        using var response = await router.SendAsync(Request);
        await response.Content.ReadAsStringAsync();

        var final = await router.Journal.FirstFinalAsync();
        Assert.Equal(tokens * nanoPerToken, final.CostNanoUsd);
        Assert.Equal((recorded, "document:1", nanoPerToken * 1_000_000), (final.ServiceTier, final.Intent.PriceVersion, final.Intent.Price!.Input));
        Assert.Equal(final.CostNanoUsd, final.Intent.Price.Cost(final.Usage));
        Assert.Equal(final.CostNanoUsd, Assert.Single(final.AttemptRecords).CostNanoUsd);
    }

    [Fact]
    public async Task A_stream_is_charged_at_the_tier_of_its_chunks()
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(
            "data: {\"id\":\"a\",\"model\":\"m\",\"service_tier\":\"flex\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\n",
            "data: {\"id\":\"a\",\"model\":\"m\",\"service_tier\":\"flex\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2,\"total_tokens\":12}}\n\n", "data: [DONE]\n\n");
        await using var router = await StartAsync(upstream);

        using var response = await router.SendAsync(Request.Replace("{\"model\"", "{\"stream\":true,\"model\"", StringComparison.Ordinal));
        await response.Content.ReadAsStringAsync();

        var final = await router.Journal.FirstFinalAsync();
        Assert.Equal(("flex", (10 * 1_000) + (2 * 5_000)), (final.ServiceTier, final.CostNanoUsd));
    }

    [Fact]
    public async Task A_price_of_the_catalogue_says_its_date()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("""{"id":"a","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""");
        await using var router = await StartAsync(upstream, new PricePlan(new TierPrices(Flex)) { CatalogueDate = "2026-08-06" });

        using var response = await router.SendAsync(Request);
        await response.Content.ReadAsStringAsync();

        Assert.Equal("catalogue:2026-08-06", (await router.Journal.FirstFinalAsync()).Intent.PriceVersion);
    }

    [Theory]
    [InlineData(1000, 100, (1000 * 7_000) + (100 * 40_000))]
    [InlineData(1001, 100, (1001 * 7_000) + (100 * 40_000))]
    public void A_hard_budget_holds_the_dearest_tier_and_class(int input, int output, long nanoUsd) => Assert.Equal(nanoUsd, CallBound.Of(Plan, input, output, input));

    [Theory]
    [InlineData(1000, 1000 * 2_000)]
    [InlineData(1001, 1000 * 4_000)]
    public void Only_what_may_be_long_is_held_at_the_price_of_long_prompts(int mostInput, long nanoUsd) =>
        Assert.Equal(nanoUsd, CallBound.Of(new PricePlan(new TierPrices(TestConfig.Price), 1000, new TierPrices(Long)), 1000, 0, mostInput));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void No_request_costs_more_than_its_bound(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 5000; round++)
        {
            var plan = new PricePlan(Tiers(random), random.Next(2) == 0 ? null : 500, Tiers(random));
            plan = plan.Above is null ? new PricePlan(plan.Prices) : plan;
            long input = random.Next(1000), output = random.Next(1000);
            var (cached, written) = (random.NextInt64(input + 1), 0L);
            written = random.NextInt64(input - cached + 1);
            var usage = new TokenUsage(input, cached, written, output, random.NextInt64(output + 1)) { CacheWrite1h = random.NextInt64(written + 1), AudioInput = random.NextInt64(input + 1), AudioOutput = random.NextInt64(output + 1) };

            Assert.True(plan.For(input, (ServiceTier)random.Next(5)).Cost(usage) <= CallBound.Of(plan, input, output, input), $"{plan} {usage}");
        }
    }

    private static TierPrices Tiers(Random random) => new(Price(random)) { Flex = Maybe(random), Priority = Maybe(random), Batch = Maybe(random) };

    private static TokenPrice? Maybe(Random random) => random.Next(2) == 0 ? null : Price(random);

    private static TokenPrice Price(Random random) => new(random.NextInt64(1L << 35), random.NextInt64(1L << 35), random.NextInt64(1L << 35), random.NextInt64(1L << 35))
    {
        CacheWrite1h = random.Next(2) == 0 ? null : random.NextInt64(1L << 36),
        Reasoning = random.Next(2) == 0 ? null : random.NextInt64(1L << 36),
        AudioInput = random.Next(2) == 0 ? null : random.NextInt64(1L << 36),
        AudioOutput = random.Next(2) == 0 ? null : random.NextInt64(1L << 36),
    };

    private static Task<RouterHost> StartAsync(UpstreamServer upstream, PricePlan? plan = null)
    {
        var config = TestConfig.For(upstream.Url);
        return RouterHost.StartAsync(config with { Models = TestConfig.Group("gpt-test", config.Models["gpt-test"].Deployments[0] with { Plan = plan ?? Plan }) });
    }
}
