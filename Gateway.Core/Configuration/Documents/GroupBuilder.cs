using Gateway.Core.Requests;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Makes the records of model groups.</summary>
internal static class GroupBuilder
{
    public static ModelGroupConfig Build(string name, ConfigNode node) => new()
    {
        Name = name,
        Deployments = [.. node.ItemsOf("deployments").Select(Deployment)],
        Moderation = node.Text("moderation"),
        Access = node.Text("access") switch { "public" => AccessLevel.Public, "internal" => AccessLevel.Internal, _ => AccessLevel.Private },
        Strategy = Strategy(node.Text("strategy")),
        Priority = node.Member("priority") is { } priority ? Weights(priority) : HybridWeights.Balanced,
        StickyBy = node.Text("sticky_by") == "prefix" ? StickyBy.Prefix : StickyBy.Session,
        Attempts = (int)node.Get("attempts", 3L),
        Fallbacks = [.. node.ItemsOf("fallbacks").Select(Fallback)],
        Hedge = node.Member("hedge") is { } hedge ? Hedge(hedge) : null,
        Queue = Queue(node.Member("queue")),
        Translation = Translation(node.Member("translation")),
        OutputCap = node.Get<long?>("output_cap", null),
    };

    /// <summary>For which failures an entry of <c>fallbacks</c> is; a name alone is for errors.</summary>
    public static FallbackTriggers Triggers(ConfigNode fallback)
    {
        if (fallback.Member("on") is not { } on)
        {
            return FallbackTriggers.Error;
        }

        var triggers = FallbackTriggers.None;
        foreach (var item in on.Items)
        {
            triggers |= (string)item.Value! switch
            {
                "context_length" => FallbackTriggers.ContextLength,
                "content_policy" => FallbackTriggers.ContentPolicy,
                "budget" => FallbackTriggers.Budget,
                _ => FallbackTriggers.Error,
            };
        }

        return triggers;
    }

    private static DeploymentConfig Deployment(ConfigNode node) => new()
    {
        Provider = node.Text("provider")!,
        Model = node.Text("model")!,
        Weight = (int)node.Get("weight", 1L),
        Order = (int)node.Get("order", 1L),
        Context = node.Get<long?>("context", null),
        MaxOutput = node.Get<long?>("max_output", null),
        Supports = node.Member("supports") is { } supports ? Capabilities(supports) : null,
        Tags = ProviderBuilder.Texts(node, "tags"),
        Plan = node.Member("price") is { } price ? PriceBuilder.Build(price) : null,
        Quirks = ProviderBuilder.Quirks(node.Member("quirks")),
    };

    public static ModelCapabilities Capabilities(ConfigNode list)
    {
        var capabilities = ModelCapabilities.None;
        foreach (var item in list.Items)
        {
            capabilities |= (string)item.Value! switch
            {
                "tools" => ModelCapabilities.Tools,
                "vision" => ModelCapabilities.Vision,
                "json_schema" => ModelCapabilities.JsonSchema,
                "reasoning" => ModelCapabilities.Reasoning,
                _ => ModelCapabilities.None,
            };
        }

        return capabilities;
    }

    private static BalancingStrategy Strategy(string? text) => text switch
    {
        "least_busy" => BalancingStrategy.LeastBusy,
        "lowest_latency" => BalancingStrategy.LowestLatency,
        "lowest_cost" => BalancingStrategy.LowestCost,
        "most_quota" => BalancingStrategy.MostQuota,
        "sticky" => BalancingStrategy.Sticky,
        "hybrid" => BalancingStrategy.Hybrid,
        _ => BalancingStrategy.WeightedRoundRobin,
    };

    private static HybridWeights Weights(ConfigNode node) => node.Value switch
    {
        "cost" => HybridWeights.CostFirst,
        "req" => HybridWeights.RequestFirst,
        "token" => HybridWeights.TokenFirst,
        string => HybridWeights.Balanced,
        _ => new(node.Get("cost", 0d), node.Get("latency", 0d), node.Get("load", 0d), node.Get("errors", 0d)),
    };

    private static FallbackConfig Fallback(ConfigNode node) => new((node.Value as string) ?? node.Text("model")!, Triggers(node));

    private static HedgeConfig Hedge(ConfigNode node)
    {
        var standard = new HedgeConfig();
        return new() { After = node.Get<TimeSpan?>("after", null), MaxPercent = node.Get("max_percent", standard.MaxPercent) };
    }

    private static QueueConfig Queue(ConfigNode? node)
    {
        var standard = QueueConfig.Standard;
        return node is null ? standard : new() { Size = (int)node.Get("size", (long)standard.Size), Wait = node.Get("wait", standard.Wait) };
    }

    private static TranslationConfig Translation(ConfigNode? node) => node is null ? new() : new()
    {
        Unmappable = node.Text("unmappable") == "reject" ? UnmappableFields.Reject : UnmappableFields.Drop,
        MidSystem = node.Text("mid_system") switch { "inline" => MidSystemMode.Inline, "reject" => MidSystemMode.Reject, _ => MidSystemMode.Hoist },
        LeadUser = node.Text("lead_user"),
        DefaultMaxTokens = node.Get<long?>("default_max_tokens", null),
        StrictTools = node.Get("strict_tools", false),
        EchoUpstreamModel = node.Text("echo_model") == "upstream",
    };
}
