using Gateway.Core.Money;
using Gateway.Core.Pricing;
using Gateway.Core.Tests.Configuration;

namespace Gateway.Core.Tests.Pricing;

public sealed class CatalogueTests
{
    private const string Small = """
        version: 1
        date: 2026-05-01
        vendors:
          acme:
            hosts: [api.acme.example, "*-acme.example"]
            source: https://acme.example/prices
            models:
              one: { also: [uno], context: 1000, max_output: 100, supports: [tools, vision], price: { input: 1, output: 2 } }
              one-2026-01-01: { source: https://acme.example/old, checked: 2026-01-31, price: { input: 5, output: 6 } }
        """;

    [Theory]
    [InlineData("openai", "gpt-4o", 2_500_000_000, 10_000_000_000)]
    [InlineData("openai", "gpt-4o-2024-08-06", 2_500_000_000, 10_000_000_000)]
    [InlineData("openai", "gpt-4o-2024-05-13", 5_000_000_000, 15_000_000_000)]
    [InlineData("openai", "gpt-5-chat-latest", 1_250_000_000, 10_000_000_000)]
    [InlineData("anthropic", "claude-sonnet-4-5-20250929", 3_000_000_000, 15_000_000_000)]
    [InlineData("anthropic", "claude-opus-4-0", 15_000_000_000, 75_000_000_000)]
    [InlineData("google", "gemini-2.0-flash-001", 100_000_000, 400_000_000)]
    [InlineData("bedrock", "eu.anthropic.claude-sonnet-4-6", 3_300_000_000, 16_500_000_000)]
    [InlineData("bedrock", "global.anthropic.claude-sonnet-4-6", 3_000_000_000, 15_000_000_000)]
    [InlineData("groq", "openai/gpt-oss-120b", 150_000_000, 600_000_000)]
    public void The_shipped_catalogue_knows_models_by_name_and_without_their_version(string vendor, string model, long input, long output)
    {
        var price = PriceCatalogue.Builtin.Find(vendor, model)!.Plan.Standard;

        Assert.Equal((input, output), (price.Input, price.Output));
    }

    [Theory]
    [InlineData("openai", "gpt-4o-2411")]
    [InlineData("openai", "gpt-4o-mini-large")]
    [InlineData("anthropic", "gpt-4o")]
    [InlineData("nobody", "gpt-4o")]
    public void What_only_resembles_a_model_has_no_price(string vendor, string model) => Assert.Null(PriceCatalogue.Builtin.Find(vendor, model));

    [Fact]
    public void The_shipped_catalogue_is_sound()
    {
        var models = PriceCatalogue.Builtin.Models.ToArray();

        Assert.InRange(models.Length, 100, 1000);
        Assert.Equal((string[])["anthropic", "bedrock", "cohere", "deepseek", "google", "groq", "mistral", "openai", "xai"], models.Select(static model => model.Vendor).Distinct().Order(StringComparer.Ordinal));
        foreach (var model in models)
        {
            var price = model.Plan.Standard;
            Assert.Equal("https", model.Source.Scheme);
            Assert.InRange(model.Checked, new DateOnly(2026, 1, 1), PriceCatalogue.Builtin.Date!.Value);

            // A decimal point in the wrong place shows here. Nobody sells a cached token dearer than a new one, or long prompts cheaper.
            Assert.True(price.Input is > 0 and <= 200_000_000_000 && price.Output is >= 0 and <= 1_000_000_000_000, model.Name);
            Assert.True(price.CachedInput <= price.Input && price.CacheWrite >= price.Input && price.CacheWrite1h is null or > 0, model.Name);
            Assert.True((price.CacheWrite1h ?? price.CacheWrite) >= price.CacheWrite, model.Name);
            Assert.True(model.Plan.LongPrices is null || (model.Plan.LongPrices.Standard.Input > price.Input && model.Plan.LongPrices.Standard.Output > price.Output), model.Name);
            Assert.True((model.Plan.Prices.Flex?.Input ?? 0) < price.Input && (model.Plan.Prices.Priority?.Input ?? long.MaxValue) > price.Input, model.Name);
        }
    }

    [Theory]
    [InlineData("https://api.acme.example/v1", "one", 1)]
    [InlineData("https://api.acme.example/v1", "uno", 1)]
    [InlineData("https://EU-acme.example/v1", "one-2025-12-31", 1)]
    [InlineData("https://api.acme.example/v1", "one-2026-01-01", 5)]
    [InlineData("https://api.acme.example.org/v1", "one", null)]
    [InlineData("https://api.acme.example/v1", "two", null)]
    public void A_deployment_without_a_price_has_that_of_its_host_and_model(string url, string model, int? usd)
    {
        var config = Read(Small)!.Apply(Documents.Good(Documents.Small.Replace("https://api.example.com/v1", url, StringComparison.Ordinal).Replace("gpt-4o-2024", model, StringComparison.Ordinal)));

        var plan = config.Models["gpt-4o"].Deployments[0].Plan;
        Assert.Equal(usd * TokenPrice.NanoPerUsd, plan?.Standard.Input);
        Assert.Equal(usd is null ? null : "catalogue:2026-05-01", plan?.VersionAt(7));
        Assert.Equal(plan, config.PlanOf("openai", model));
    }

    [Fact]
    public void The_documents_own_price_goes_before_the_catalogues()
    {
        var text = Documents.Small.Replace("https://api.example.com/v1", "https://api.openai.com/v1", StringComparison.Ordinal);
        Assert.Equal(2_500_000_000, Plan(text.Replace("gpt-4o-2024", "gpt-4o", StringComparison.Ordinal))!.Standard.Input);
        Assert.Null(Plan(text.Replace("gpt-4o-2024", "gpt-4o", StringComparison.Ordinal) + "\npricing: { catalogue: none }"));

        var own = Plan(text.Replace("gpt-4o-2024", "gpt-4o, price: { input: 7, output: 8 }", StringComparison.Ordinal))!;
        Assert.Equal((7_000_000_000, "document:3"), (own.Standard.Input, own.VersionAt(3)));
    }

    [Fact]
    public void A_model_that_no_group_names_has_the_catalogues_price()
    {
        var config = Documents.Good(Documents.Small.Replace("https://api.example.com/v1", "https://api.openai.com/v1", StringComparison.Ordinal));

        Assert.Equal(2_000_000_000, config.PlanOf("openai", "o3")!.Standard.Input);
        Assert.Null(config.PlanOf("openai", "nothing"));
        Assert.Null(config.PlanOf("nobody", "o3"));
    }

    [Fact]
    public void A_model_says_its_source_and_day_and_what_it_can()
    {
        var catalogue = Read(Small)!;
        var one = catalogue.Find("acme", "uno")!;
        var old = catalogue.Find("acme", "one-2026-01-01")!;

        Assert.Equal(("one", 1000, 100, new DateOnly(2026, 5, 1), "https://acme.example/prices"), (one.Name, one.Context, one.MaxOutput, one.Checked, one.Source.AbsoluteUri));
        Assert.Equal(Core.Requests.ModelCapabilities.Tools | Core.Requests.ModelCapabilities.Vision, one.Supports);
        Assert.Equal((new DateOnly(2026, 1, 31), "https://acme.example/old"), (old.Checked, old.Source.AbsoluteUri));
    }

    [Theory]
    [InlineData("input: 1, output: 2 }", "input: 1, outptu: 2 }", "prices.yaml:8:", "vendors.acme.models.one.price.outptu: unknown key; did you mean \"output\"?")]
    [InlineData("input: 1, output: 2 }", "input: 1.0000000001, output: 2 }", "prices.yaml:8:", "price.input: has more than nine decimals")]
    [InlineData("input: 1, output: 2 }", "input: 1 }", "prices.yaml:8:", "price.output: is missing")]
    [InlineData("also: [uno]", "also: [one]", "prices.yaml:8:", "is the name of two models")]
    [InlineData("version: 1", "version: 2", "prices.yaml:1:", "version: must be")]
    [InlineData("date: 2026-05-01", "date: may", "prices.yaml:2:", "date: must be")]
    [InlineData("\"*-acme.example\"]", "api.acme.example]", "prices.yaml:5:", "is the host of two vendors")]
    [InlineData("hosts: [api", "hosts [api", "prices.yaml:", "not YAML")]
    public void A_broken_catalogue_is_refused_with_file_line_and_path(string good, string bad, string place, string problem)
    {
        Assert.Null(CatalogueReader.Read(Small.Replace(good, bad, StringComparison.Ordinal), "prices.yaml", out var problems));

        Assert.Contains(problems, error => error.ToString().StartsWith(place, StringComparison.Ordinal) && error.ToString().Contains(problem, StringComparison.Ordinal));
    }

    private static PricePlan? Plan(string document) => Documents.Good(document).Models["gpt-4o"].Deployments[0].Plan;

    private static PriceCatalogue? Read(string text)
    {
        var catalogue = CatalogueReader.Read(text, "prices.yaml", out var problems);
        Assert.Empty(problems);
        return catalogue;
    }
}
