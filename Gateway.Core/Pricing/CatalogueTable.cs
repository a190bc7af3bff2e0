using Gateway.Core.Configuration.Settings;
using static Gateway.Core.Configuration.Settings.SettingMaker;

namespace Gateway.Core.Pricing;

/// <summary>The members of a catalogue of prices.</summary>
internal static class CatalogueTable
{
    public static Setting Root { get; } = Object("", "A catalogue of prices.",
        Integer("version", "Version of the catalogue's shape.", 1, 1) with { Required = true, Range = "1" },
        Date("date", "Day as of which it holds.") with { Required = true },
        Map("vendors", "Who sells models, by name.", SettingNames.Provider, Object("", "A vendor.",
            List("hosts", "Hosts of its API. A `*` at the beginning stands for anything.", Text("", "Host.") with { Min = 1, Max = 253, Range = "1 - 253 characters" }) with { Required = true, Min = 1 },
            new Setting("source", SettingKind.Url, "Public page with its prices.") { Required = true },
            Map("models", "Models by the name that the vendor knows.", SettingNames.Name, Model()) with { Required = true })) with
        { Required = true });

    private static Setting Model() => Object("", "A model.",
        List("also", "Other names of it.", Name("", "Name.")),
        new Setting("source", SettingKind.Url, "Public page with its price, where it is not the vendor's."),
        Date("checked", "Day as of which it holds, where it is not the catalogue's."),
        Integer("context", "Context window in tokens.", 1, 100_000_000),
        Integer("max_output", "Most output tokens.", 1, 10_000_000),
        List("supports", "What it can.", Choice("", "Capability.", "tools", "vision", "json_schema", "reasoning")),
        PriceTable.Setting("USD per 1,000,000 tokens.") with { Required = true });
}
