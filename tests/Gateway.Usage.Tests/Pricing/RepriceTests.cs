using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Usage.Ledger.Corrections;
using Gateway.Usage.Pricing;

namespace Gateway.Usage.Tests.Pricing;

public sealed class RepriceTests
{
    private const string Document = """
        version: 1
        pricing: { catalogue: none }
        providers:
          openai: { protocol: openai, base_url: https://api.example.com/v1 }
          other: { protocol: openai, base_url: https://other.example.com/v1 }
        models:
          gpt-4o:
            deployments:
              - provider: openai
                model: gpt-4o
                price: { input: 3, output: 9, tiers: { flex: { input: 1, output: 2 } }, above: { input_tokens: 1000, input: 6, output: 18 } }
              - { provider: other, model: free }
        """;

    private static readonly GatewayConfig Config = GatewayConfigLoader.Load(Document, static _ => null, "test").Config!;

    [Theory]
    [InlineData("", 100, (100 * 3_000) + (40 * 9_000))]
    [InlineData("flex", 100, (100 * 1_000) + (40 * 2_000))]
    [InlineData("", 1001, (1001 * 6_000) + (40 * 18_000))]
    public void A_request_is_priced_again_by_its_tokens_and_its_tier(string tier, long input, long nanoUsd)
    {
        var final = FakeJournal.Final(input: input) with { ServiceTier = tier };
        var request = new Repricer(Config).Reprice(final);

        Assert.Equal((final.Intent.RequestId, final.CostNanoUsd, nanoUsd, true), (request.RequestId, request.OldNanoUsd, request.NewNanoUsd, request.IsPriced));
        Assert.Equal([new CostShare("openai/gpt-4o", nanoUsd - final.CostNanoUsd)], request.Shares);
    }

    [Fact]
    public void Each_call_has_the_price_of_its_own_deployment_and_what_has_none_keeps_its_cost()
    {
        var answered = FakeJournal.Final();
        var final = FakeJournal.After(answered, ("other/free", new TokenUsage(10, 0, 0, 1, 0), 777), ("openai/gpt-4o", new TokenUsage(10, 0, 0, 0, 0), 20_000));
        Assert.True(CostCheck.AddsUp(final));

        var request = new Repricer(Config).Reprice(final);

        Assert.Equal((777 + (10 * 3_000) + (100 * 3_000) + (40 * 9_000), false), (request.NewNanoUsd, request.IsPriced));
    }

    [Fact]
    public void A_deployment_that_is_gone_keeps_its_cost()
    {
        var final = FakeJournal.Final(deployment: "gone/model");

        Assert.Equal(new RepricedRequest(final.Intent.RequestId, final.CostNanoUsd, final.CostNanoUsd, IsPriced: false), new Repricer(Config).Reprice(final));
    }

    [Fact]
    public void A_corrected_request_is_priced_from_what_it_costs_by_now_and_the_difference_stands_at_its_deployments()
    {
        var final = FakeJournal.After(FakeJournal.Final(), ("other/free", new TokenUsage(10, 0, 0, 1, 0), 777), ("openai/gpt-4o", new TokenUsage(10, 0, 0, 0, 0), 20_000));
        var present = final.CostNanoUsd + 1000;
        var request = new Repricer(Config).Reprice(final, new CorrectedCost(present, [new CostShare("other/free", 400), new CostShare("openai/gpt-4o", 600)]));

        // What has no price keeps what it was corrected to; the other is priced anew, whatever it was corrected to.
        var priced = (10 * 3_000) + (100 * 3_000) + (40 * 9_000);
        Assert.Equal((present, 777 + 400 + priced, false), (request.OldNanoUsd, request.NewNanoUsd, request.IsPriced));
        Assert.Equal([new CostShare("openai/gpt-4o", priced - 530_000 - 600)], request.Shares);
        Assert.Equal("document", request.PriceVersion);
    }

    [Fact]
    public void A_request_that_was_corrected_to_the_prices_in_force_needs_no_other_correction()
    {
        var final = FakeJournal.Final();
        var once = new Repricer(Config).Reprice(final);
        var again = new Repricer(Config).Reprice(final, new CorrectedCost(once.NewNanoUsd, once.Shares!));

        Assert.Equal((once.NewNanoUsd, once.NewNanoUsd, null), (again.OldNanoUsd, again.NewNanoUsd, again.Shares));
    }

    [Fact]
    public async Task The_report_has_a_line_for_each_model_and_the_difference_to_the_nano_usd()
    {
        var report = new RepriceReport(new Repricer(Config), new RepriceSpan(FakeJournal.Noon, FakeJournal.Noon + 2));
        report.Add(FakeJournal.Final());
        report.Add(FakeJournal.Final(time: FakeJournal.Noon + 1));
        report.Add(FakeJournal.Final(time: FakeJournal.Noon + 2));
        report.Add(FakeJournal.Final(time: FakeJournal.Noon - 1));
        report.Add(FakeJournal.Final(model: "zeta", deployment: "gone/model"));

        var text = new StringWriter { NewLine = "\n" };
        await report.WriteAsync(text);

        // 90 x 2 + 10 x 1 + 40 x 8 micro-USD a request before, 100 x 3 + 40 x 9 after.
        Assert.Equal(
            """
            model	requests	changed	unpriced	old_usd	new_usd	difference_usd
            gpt-4o	2	2	0	0.001020000	0.001320000	+0.000300000
            zeta	1	0	1	0.000510000	0.000510000	0.000000000
            total	3	2	1	0.001530000	0.001830000	+0.000300000

            """.ReplaceLineEndings("\n"), text.ToString());
    }

    [Fact]
    public void Only_the_model_that_is_named_counts()
    {
        var report = new RepriceReport(new Repricer(Config), new RepriceSpan(Model: "zeta"));
        report.Add(FakeJournal.Final());
        report.Add(FakeJournal.Final(model: "zeta"));

        Assert.Equal("zeta", Assert.Single(report.Models).Key);
        Assert.Equal(1, report.Total.Requests);
    }

    [Fact]
    public void A_cheaper_price_shows_a_minus()
    {
        var model = new RepricedModel();
        model.Add(new RepricedRequest(Guid.Empty, 5, 3, IsPriced: true));

        Assert.Equal(-2, model.NewNanoUsd - model.OldNanoUsd);
        Assert.Equal(1, model.Changed);
    }

    [Fact]
    public void A_call_that_answered_is_held_to_the_price_of_its_record_and_others_are_not()
    {
        var final = FakeJournal.After(FakeJournal.Final(), ("openai/gpt-4o", new TokenUsage(10, 0, 0, 0, 0), 99));
        final = final with { Intent = final.Intent with { Attempt = 2 } };

        Assert.True(CostCheck.IsPriced(final));
        Assert.False(CostCheck.IsPriced(final with { AttemptRecords = [final.AttemptRecords[0], final.AttemptRecords[1] with { CostNanoUsd = 1 }] }));
    }
}
