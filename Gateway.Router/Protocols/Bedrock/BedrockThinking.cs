using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>How a model is told to reason. Converse has no words of its own for it, so only Claude's are known.</summary>
/// <param name="Budget">Tokens; null where the model decides by itself.</param>
/// <param name="Effort">For models that decide by themselves; null for their default.</param>
internal sealed record BedrockThinking(long? Budget, string? Effort)
{
    private const long LeastBudget = 1024;

    /// <param name="forcesTool">The request will demand a call of one tool, which excludes reasoning.</param>
    /// <returns>Null for no reasoning.</returns>
    public static BedrockThinking? Plan(Translation translation, BedrockModel model, bool forcesTool, IReadOnlyList<BedrockTurn> talk)
    {
        if (translation.Request.Reasoning is not { Mode: not ReasoningMode.Off } reasoning)
        {
            return null;
        }

        if (!translation.Traits.Reasoning || !model.CanThink)
        {
            translation.Drop(NeutralField.Reasoning);
            return null;
        }

        if (forcesTool || LacksProof(talk))
        {
            // Both are certain refusals.
            translation.Adapt(NeutralField.Reasoning);
            return null;
        }

        if (model.IsAdaptive && (reasoning.Mode != ReasoningMode.Budget || model is { Major: > 4 } or { Minor: > 6 }))
        {
            return new BedrockThinking(null, EffortOf(translation, reasoning));
        }

        var budget = reasoning.Mode switch
        {
            ReasoningMode.Budget => reasoning.Budget ?? 0,
            ReasoningMode.Effort => BudgetOf(reasoning.Effort),
            _ => BudgetOf("medium"),
        };
        var capped = Math.Min(budget, (translation.Request.MaxOutput ?? long.MaxValue) - 1);
        if (capped != budget || capped < LeastBudget)
        {
            translation.Adapt(NeutralField.Reasoning);
        }

        return capped < LeastBudget ? null : new BedrockThinking(capped, null);
    }

    /// <summary>Writes the members of <c>additionalModelRequestFields</c>.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("thinking"u8);
        json.WriteString("type"u8, Budget is null ? "adaptive"u8 : "enabled"u8);
        if (Budget is { } budget)
        {
            json.WriteNumber("budget_tokens"u8, budget);
        }

        json.WriteEndObject();
        if (Effort is not null)
        {
            json.WriteStartObject("output_config"u8);
            json.WriteString("effort"u8, Effort);
            json.WriteEndObject();
        }
    }

    private static string? EffortOf(Translation translation, NeutralReasoning reasoning)
    {
        switch (reasoning)
        {
            case { Mode: ReasoningMode.Effort, Effort: "minimal" }:
                translation.Adapt(NeutralField.Reasoning);
                return "low";
            case { Mode: ReasoningMode.Effort }:
                return reasoning.Effort;
            case { Mode: ReasoningMode.Budget }:
                translation.Adapt(NeutralField.Reasoning);
                return reasoning.Budget switch { <= 2048 => "low", <= 12288 => "medium", _ => "high" };
            default:
                return null;
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

    /// <summary>The last turn that called tools must begin with the reasoning that led to the calls, signed.</summary>
    private static bool LacksProof(IReadOnlyList<BedrockTurn> talk)
    {
        for (var index = talk.Count - 1; index >= 0; index--)
        {
            if (!talk[index].IsAssistant)
            {
                continue;
            }

            bool calls = false, proves = false;
            foreach (var part in talk[index].Parts)
            {
                calls |= part is ToolCallPart;
                proves |= part is ReasoningPart;
            }

            if (calls)
            {
                return !proves;
            }
        }

        return false;
    }
}
