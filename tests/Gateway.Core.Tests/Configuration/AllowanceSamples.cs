using System.Text.Json.Nodes;

namespace Gateway.Core.Tests.Configuration;

/// <summary>Limits and budgets, which every owner has alike: a value for each setting of them, and what must stand beside it.</summary>
internal static class AllowanceSamples
{
    /// <summary>Where they can stand in the full document.</summary>
    public static readonly string[] Owners = ["keys[0]", "teams.t", "users.u", "organisations.o", "end_users", "auth.jwt[0]"];

    /// <summary>In the full document: what all samples differ from. Has no setting that has a default.</summary>
    private const string Limits = """{ "tokens_per_day": 1000000, "models": { "m": { "tokens_per_day": 100000 } } }""";

    private const string Budget = """{ "usd": 5, "raise": { "usd": 1, "until": "2030-01-01" } }""";

    private static readonly Dictionary<string, string> Measures = new(StringComparer.Ordinal)
    {
        ["requests_per_second"] = "1",
        ["requests_per_minute"] = "60",
        ["requests_per_hour"] = "3600",
        ["requests_per_day"] = "86400",
        ["tokens_per_second"] = "1000",
        ["tokens_per_minute"] = "60000",
        ["tokens_per_hour"] = "3600000",
        ["tokens_per_day"] = "86400000",
        ["concurrency"] = "3",
        ["sessions_5m"] = "4",
        ["sessions_1h"] = "5",
        ["sessions_1d"] = "6",
        ["burst"] = "\"5s\"",
    };

    private static readonly Dictionary<string, string> Money = new(StringComparer.Ordinal)
    {
        ["usd"] = "0.000000001",
        ["window"] = "\"week\"",
        ["length"] = "\"1d\"",
        ["time_zone"] = "\"Europe/Berlin\"",
        ["mode"] = "\"soft\"",
        ["raise.usd"] = "2.5",
        ["raise.until"] = "\"2031-01-01T12:00:00Z\"",
        ["alerts"] = "[80, 100]",
        ["webhook"] = "\"https://hooks.example.com/x?key=1\"",
        ["fallback"] = "\"sticky\"",
    };

    /// <summary>Path to value, for every owner.</summary>
    public static IEnumerable<KeyValuePair<string, string>> All()
    {
        foreach (var owner in Owners)
        {
            foreach (var (name, value) in Measures)
            {
                yield return KeyValuePair.Create($"{owner}.limits.{name}", value);
                yield return KeyValuePair.Create($"{owner}.limits.models.m.{name}", value);
            }

            yield return KeyValuePair.Create($"{owner}.limits.shadow", "true");
            foreach (var (name, value) in Money)
            {
                yield return KeyValuePair.Create($"{owner}.budget.{name}", value);
                yield return KeyValuePair.Create($"{owner}.budgets[0].{name}", value);
            }
        }
    }

    /// <summary>Puts limits and a budget on every owner of a document, and beside the setting at a path what it cannot stand without.</summary>
    public static void Prepare(JsonNode root, string path)
    {
        foreach (var owner in Owners)
        {
            var node = owner switch
            {
                "keys[0]" => root["keys"]![0]!,
                "auth.jwt[0]" => root["auth"]!["jwt"]![0]!,
                _ => owner.Split('.').Aggregate(root, static (node, step) => node[step]!),
            };
            node["limits"] = JsonNode.Parse(Limits);
            var budget = JsonNode.Parse(Budget)!;
            if (path.StartsWith(owner, StringComparison.Ordinal))
            {
                if (path.EndsWith(".length", StringComparison.Ordinal))
                {
                    (budget["window"], budget["length"]) = ("rolling", "2h");
                }
                else if (path.EndsWith(".webhook", StringComparison.Ordinal))
                {
                    budget["alerts"] = new JsonArray(50);
                }
            }

            if (path.Contains(".budgets", StringComparison.Ordinal))
            {
                node["budgets"] = new JsonArray(budget);
            }
            else
            {
                node["budget"] = budget;
            }
        }
    }
}
