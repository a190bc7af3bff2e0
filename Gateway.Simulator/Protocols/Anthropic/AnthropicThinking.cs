using System.Text.Json;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary>What a request says about thinking.</summary>
/// <param name="On">Thinking is wanted.</param>
/// <param name="Enabled">By a budget, not adaptive: an assistant turn of a tool loop must begin with its thinking.</param>
/// <param name="Omitted">The text is kept back; only the signature is shown.</param>
/// <param name="Budget">The most tokens.</param>
internal sealed record AnthropicThinking(bool On, bool Enabled, bool Omitted, int Budget)
{
    /// <summary>What the signature of a thinking block is made for.</summary>
    public const string SealKind = "anthropic thinking";

    private const int UsualTokens = 12;

    private static readonly AnthropicThinking Off = new(false, false, false, int.MaxValue);

    /// <summary>How many tokens this request thinks; a directive may ask for any number, also when thinking is off.</summary>
    public int Tokens(int? directive) => Math.Min(directive ?? (On ? UsualTokens : 0), Budget);

    /// <exception cref="ProviderException">The rules between thinking and the rest of the request are broken.</exception>
    public static AnthropicThinking Read(JsonElement body, AnthropicModel model, ToolOffer tools, AnthropicProvider provider)
    {
        if (Json.Member(body, "thinking"u8) is not { } thinking)
        {
            return Off;
        }

        switch (Json.Text(thinking, "type"u8))
        {
            case "disabled":
                AnthropicFields.ThinkingDisabled.Check(thinking, provider, "thinking.disabled");
                return Off;
            case "adaptive":
                AnthropicFields.ThinkingAdaptive.Check(thinking, provider, "thinking.adaptive");
                if (!model.AdaptiveThinking)
                {
                    throw AnthropicError.Invalid("adaptive thinking is not supported on this model");
                }

                CheckSampling(body, tools);
                return new AnthropicThinking(On: true, Enabled: false, Omits(thinking), int.MaxValue);
            case "enabled":
                AnthropicFields.ThinkingEnabled.Check(thinking, provider, "thinking.enabled");
                var budget = Json.Integer(thinking, "budget_tokens"u8, 0);
                if (budget >= Json.Integer(body, "max_tokens"u8, int.MaxValue))
                {
                    throw AnthropicError.Invalid("`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size");
                }

                CheckSampling(body, tools);
                return new AnthropicThinking(On: true, Enabled: true, Omits(thinking), budget);
            case null:
                throw AnthropicError.Invalid("thinking.type", "Field required");
            case var other:
                throw AnthropicError.Invalid("thinking", $"Input tag '{other}' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'");
        }
    }

    private static bool Omits(JsonElement thinking) => Json.Text(thinking, "display"u8) == "omitted";

    private static void CheckSampling(JsonElement body, ToolOffer tools)
    {
        if (Json.Member(body, "temperature"u8) is { } temperature && temperature.GetDouble() != 1)
        {
            throw AnthropicError.Invalid("`temperature` may only be set to 1 when thinking is enabled.");
        }

        if (Json.Member(body, "top_p"u8) is { } top && top.GetDouble() < 0.95)
        {
            throw AnthropicError.Invalid("`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.");
        }

        if (Json.Member(body, "top_k"u8) is not null)
        {
            throw AnthropicError.Invalid("`top_k` must be unset when thinking is enabled.");
        }

        if (tools.Demand is ToolDemand.Any or ToolDemand.Named)
        {
            throw AnthropicError.Invalid("Thinking may not be enabled when tool_choice forces tool use.");
        }
    }
}
