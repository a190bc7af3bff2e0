using System.Text.Json.Nodes;

namespace Gateway.Edge.Admin;

/// <summary>
/// Makes one report of what several Routers say of the same deployments: the worst state, sums of what runs and waits, means of what is measured, and
/// below <c>routers</c> what each of them said.
/// </summary>
internal static class MergedDeployments
{
    private static readonly string[] States = ["closed", "recovering", "half_open", "open"];
    private static readonly string[] CredentialStates = ["usable", "busy", "limited", "resting", "open", "quarantined"];

    /// <param name="reports">Of the Routers; null for one that did not answer.</param>
    public static JsonObject Of(IReadOnlyList<JsonObject?> reports)
    {
        var routers = new JsonArray();
        var views = new SortedDictionary<string, List<JsonObject>>(StringComparer.Ordinal);
        foreach (var report in reports)
        {
            var name = Text(report?["router"]);
            routers.Add(new JsonObject { ["router"] = name, ["state"] = name is null ? "unreachable" : "ready" });
            foreach (var deployment in report?["deployments"] as JsonArray ?? [])
            {
                if (deployment is JsonObject view && Text(view["id"]) is { } id)
                {
                    var own = new JsonObject { ["router"] = name };
                    foreach (var (member, value) in view)
                    {
                        own[member] = value?.DeepClone();
                    }

                    (views.TryGetValue(id, out var same) ? same : views[id] = []).Add(own);
                }
            }
        }

        return new JsonObject { ["routers"] = routers, ["deployments"] = new JsonArray([.. views.Select(static pair => Merge(pair.Key, pair.Value))]) };
    }

    private static JsonObject Merge(string id, List<JsonObject> views)
    {
        var worst = views.MaxBy(static view => Rank(States, view["state"]))!;
        var merged = new JsonObject { ["id"] = id };
        foreach (var member in (ReadOnlySpan<string>)["provider", "models", "state", "reason", "open_until"])
        {
            merged[member] = worst[member]?.DeepClone();
        }

        merged["ramp"] = Known(views, "ramp") is { Count: > 0 } ramps ? ramps.Min() : null;
        merged["in_flight"] = Known(views, "in_flight").Sum();
        merged["ttft_ms"] = Mean(views, "ttft_ms");
        merged["error_share"] = Mean(views, "error_share");
        merged["tokens_per_second"] = Mean(views, "tokens_per_second");
        merged["credentials"] = Credentials(views);
        merged["endpoint"] = views.MaxBy(static view => Rank(States, view["endpoint"]?["state"]))!["endpoint"]?.DeepClone();
        merged["queue"] = new JsonObject { ["waiting"] = views.Sum(static view => Number(view["queue"]?["waiting"]) ?? 0) };
        foreach (var view in views)
        {
            view.Remove("id");
            view.Remove("provider");
            view.Remove("models");
        }

        merged["routers"] = new JsonArray([.. views]);
        return merged;
    }

    /// <summary>Each credential once, in its worst state.</summary>
    private static JsonArray Credentials(List<JsonObject> views) => new([.. views
        .SelectMany(static view => view["credentials"] as JsonArray ?? [])
        .OfType<JsonObject>()
        .GroupBy(static credential => Text(credential["label"]) ?? "", StringComparer.Ordinal)
        .Select(static same => same.MaxBy(static credential => Rank(CredentialStates, credential["state"]))!.DeepClone())]);

    private static int Rank(string[] order, JsonNode? state) => Array.IndexOf(order, Text(state));

    private static List<double> Known(List<JsonObject> views, string member) => [.. views.Select(view => Number(view[member])).OfType<double>()];

    private static double? Mean(List<JsonObject> views, string member) => Known(views, member) is { Count: > 0 } values ? Math.Round(values.Average(), 4) : null;

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static double? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue(out double number) ? number : null;
}
