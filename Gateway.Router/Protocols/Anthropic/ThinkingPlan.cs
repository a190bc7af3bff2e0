using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

internal enum ThinkingType
{
    /// <summary>Nothing is said.</summary>
    Absent,
    Disabled,
    Enabled,
    Adaptive,
}

/// <summary>How much a message may think, and how long it may be: the one limits the other.</summary>
internal sealed class ThinkingPlan
{
    /// <summary>Anthropic refuses less.</summary>
    private const long LeastBudget = 1024;

    public ThinkingType Type { get; private set; }

    public long Budget { get; private set; }

    /// <summary>Anthropic's word, or null.</summary>
    public string? Effort { get; private set; }

    public long MaxTokens { get; private set; }

    public bool IsOn => Type is ThinkingType.Enabled or ThinkingType.Adaptive;

    /// <param name="mayThink">False when the history, or the emulated output format, forbids it.</param>
    /// <param name="counts">Nothing will be generated: only what the count depends on is told.</param>
    public static ThinkingPlan Make(Translation translation, bool mayThink, bool counts)
    {
        var request = translation.Request;
        var traits = translation.Traits;
        var plan = new ThinkingPlan { MaxTokens = request.MaxOutput ?? Math.Min(traits.DefaultMaxTokens, traits.MaxOutput ?? long.MaxValue) };
        if (request.MaxOutput is null && !counts)
        {
            translation.Adapt(NeutralField.MaxOutput);
        }

        if (request.Reasoning is not { } reasoning)
        {
            return plan;
        }

        if (reasoning.Mode == ReasoningMode.Off)
        {
            // What does not reason may not know the word.
            plan.Type = traits.Reasoning ? ThinkingType.Disabled : ThinkingType.Absent;
        }
        else if (!traits.Reasoning)
        {
            translation.Drop(NeutralField.Reasoning);
        }
        else if (!mayThink)
        {
            translation.Adapt(NeutralField.Reasoning);
        }
        else
        {
            plan.Choose(translation, reasoning);
        }

        return plan;
    }

    private void Choose(Translation translation, NeutralReasoning reasoning)
    {
        var style = ClaudeModels.StyleOf(translation.UpstreamModel);
        var byBudget = style == ThinkingStyle.Budget || (style == ThinkingStyle.Both && reasoning.Mode == ReasoningMode.Budget);
        if (byBudget)
        {
            ThinkFor(translation, reasoning);
            return;
        }

        Type = ThinkingType.Adaptive;
        Effort = reasoning.Mode switch
        {
            ReasoningMode.Effort => reasoning.Effort switch
            {
                "low" or "medium" or "high" or "xhigh" or "max" => reasoning.Effort,
                _ => "low",
            },
            ReasoningMode.Budget => reasoning.Budget switch
            {
                <= 2048 => "low",
                <= 12288 => "medium",
                _ => "high",
            },
            _ => null,
        };
        if (reasoning.Mode == ReasoningMode.Budget || (reasoning.Mode == ReasoningMode.Effort && Effort != reasoning.Effort))
        {
            translation.Adapt(NeutralField.Reasoning);
        }
    }

    private void ThinkFor(Translation translation, NeutralReasoning reasoning)
    {
        var wanted = reasoning.Mode switch
        {
            ReasoningMode.Budget => reasoning.Budget ?? LeastBudget,
            ReasoningMode.Effort => BudgetOf(reasoning.Effort),
            _ => BudgetOf("medium"),
        };
        if (translation.Request.MaxOutput is null)
        {
            // The budget counts as output: what the client did not limit grows by it.
            MaxTokens = Math.Min(MaxTokens + Math.Max(wanted, LeastBudget), translation.Traits.MaxOutput ?? long.MaxValue);
        }

        Budget = Math.Min(Math.Max(wanted, LeastBudget), MaxTokens - 1);
        if (Budget < LeastBudget)
        {
            (Type, Budget) = (ThinkingType.Absent, 0);
            translation.Adapt(NeutralField.Reasoning);
            return;
        }

        Type = ThinkingType.Enabled;
        if (reasoning.Mode != ReasoningMode.Budget || Budget != wanted)
        {
            translation.Adapt(NeutralField.Reasoning);
        }
    }

    private static long BudgetOf(string? effort) => effort switch
    {
        "minimal" or "low" => 1024,
        "high" => 16384,
        "xhigh" => 24576,
        "max" => 32768,
        _ => 8192,
    };
}
