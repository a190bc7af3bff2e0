using static Gateway.Core.Configuration.Settings.SettingMaker;

namespace Gateway.Core.Configuration.Settings;

/// <summary>The settings of a price: the same in the document and in a catalogue of prices.</summary>
internal static class PriceTable
{
    private const long MostInputTokens = 100_000_000;

    public static Setting Setting(string description) => Object("price", description,
    [
        .. Classes(),
        Tiers("Prices of tiers of service, where they differ. What the answer names counts (`service_tier`), not what the request asked for."),
        Object("above", "Prices of requests with a long input. They hold for all of its tokens.",
        [
            Integer("input_tokens", "Longest input, cached tokens included, that is not long.", 1, MostInputTokens) with { Required = true },
            .. Classes(),
            Tiers("Prices of tiers for a long input. A tier that is not here costs what stands beside it, not what it costs for a short one."),
        ]),
    ]);

    private static Setting Tiers(string description) => Object("tiers", description,
        Object("flex", "Slower.", Classes()),
        Object("priority", "Faster.", Classes()),
        Object("batch", "Some time within a day.", Classes()));

    private static Setting[] Classes() =>
    [
        Price("input", "Input.") with { Required = true },
        Price("cached_input", "Input that the provider reads from its cache.") with { Default = "`input`" },
        Price("cache_write", "Input that the provider writes into its cache.") with { Default = "`input`" },
        Price("cache_write_1h", "Input that the provider writes into its cache for an hour.") with { Default = "`cache_write`" },
        Price("output", "Output.") with { Required = true },
        Price("reasoning", "Output that the client does not see as text.") with { Default = "`output`" },
        Price("audio_input", "Input that is sound and not cached.") with { Default = "`input`" },
        Price("audio_output", "Output that is sound.") with { Default = "`output`" },
    ];
}
