using Gateway.Core.Money;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Makes the prices of a deployment or of a model in a catalogue.</summary>
internal static class PriceBuilder
{
    /// <param name="node">Its settings.</param>
    /// <param name="catalogueDate">Of the catalogue that it is from; null for the document.</param>
    public static PricePlan Build(ConfigNode node, string? catalogueDate = null)
    {
        var above = node.Member("above");
        return new PricePlan(Tiers(node), above?.Get("input_tokens", 0L), above is null ? null : Tiers(above)) { CatalogueDate = catalogueDate };
    }

    private static TierPrices Tiers(ConfigNode node)
    {
        var tiers = node.Member("tiers");
        return new(Classes(node))
        {
            Flex = tiers?.Member("flex") is { } flex ? Classes(flex) : null,
            Priority = tiers?.Member("priority") is { } priority ? Classes(priority) : null,
            Batch = tiers?.Member("batch") is { } batch ? Classes(batch) : null,
        };
    }

    private static TokenPrice Classes(ConfigNode node)
    {
        var input = node.Get("input", 0L);
        return new(input, node.Get("cached_input", input), node.Get("cache_write", input), node.Get("output", 0L))
        {
            CacheWrite1h = Own(node, "cache_write_1h"),
            Reasoning = Own(node, "reasoning"),
            AudioInput = Own(node, "audio_input"),
            AudioOutput = Own(node, "audio_output"),
        };
    }

    private static long? Own(ConfigNode node, string name) => node.Member(name) is null ? null : node.Get(name, 0L);
}
