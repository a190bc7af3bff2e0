using System.Text.Json.Nodes;

namespace Gateway.Core.Tests.Configuration;

/// <summary>A value for each setting of a price, and the prices that must stand beside it.</summary>
internal static class PriceSamples
{
    private const string Price = "models.m.deployments[0].price";

    private static readonly string[] Places = ["", "tiers.flex.", "tiers.priority.", "tiers.batch.", "above.", "above.tiers.flex.", "above.tiers.priority.", "above.tiers.batch."];

    private static readonly string[] Classes = ["input", "cached_input", "cache_write", "cache_write_1h", "output", "reasoning", "audio_input", "audio_output"];

    /// <summary>Path to value.</summary>
    public static IEnumerable<KeyValuePair<string, string>> All()
    {
        foreach (var place in Places)
        {
            foreach (var name in Classes)
            {
                yield return KeyValuePair.Create($"{Price}.{place}{name}", "1.5");
            }
        }

        yield return KeyValuePair.Create($"{Price}.above.input_tokens", "7");
    }

    /// <summary>Puts the prices beside the setting at a path without which it cannot stand.</summary>
    public static void Prepare(JsonNode root, string path)
    {
        if (!path.StartsWith(Price + ".", StringComparison.Ordinal) && !path.StartsWith(Price.Replace("models.m", "models.NAME", StringComparison.Ordinal).Replace("[0]", "[]", StringComparison.Ordinal) + ".", StringComparison.Ordinal))
        {
            return;
        }

        var node = root["models"]!["m"]!["deployments"]![0]!["price"]!;
        foreach (var step in path[(path.IndexOf(".price.", StringComparison.Ordinal) + ".price.".Length)..].Split('.')[..^1])
        {
            node = node[step] ?? (node[step] = new JsonObject());
            if (step != "tiers")
            {
                node["input"] = 1;
                node["output"] = 2;
            }

            if (step == "above")
            {
                node["input_tokens"] = 200_000;
            }
        }
    }
}
