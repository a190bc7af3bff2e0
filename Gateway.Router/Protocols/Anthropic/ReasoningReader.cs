using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Reads <c>thinking</c> and <c>output_config.effort</c>, which say one thing together.</summary>
internal sealed class ReasoningReader
{
    private static readonly SourcePath Path = new("thinking");

    private string? _type;
    private long? _budget;
    private bool? _show;
    private string? _effort;
    private SourcePath _effortPath;

    public void ReadThinking(JsonElement thinking)
    {
        AnthropicFields.Object(thinking, Path);
        _type = AnthropicFields.RequiredText(thinking, "type"u8, Path.At("type"));
        if (_type is not ("enabled" or "disabled" or "adaptive"))
        {
            throw AnthropicFields.Wrong(Path.At("type"), "one of enabled, adaptive and disabled");
        }

        if (_type == "enabled")
        {
            _budget = thinking.TryGetProperty("budget_tokens"u8, out var budget) && !AnthropicFields.IsNull(budget)
                ? AnthropicFields.Whole(budget, Path.At("budget_tokens")) : throw AnthropicFields.Missing(Path.At("budget_tokens"));
        }

        _show = AnthropicFields.OptionalText(thinking, "display"u8, Path.At("display")) switch
        {
            null => null,
            "summarized" => true,
            "omitted" => false,
            _ => throw AnthropicFields.Wrong(Path.At("display"), "summarized or omitted"),
        };
    }

    public void ReadEffort(JsonElement effort, SourcePath path)
    {
        _effort = AnthropicFields.Text(effort, path);
        _effortPath = path;
        if (_effort is not ("low" or "medium" or "high" or "xhigh" or "max"))
        {
            throw AnthropicFields.Wrong(path, "one of low, medium, high, xhigh and max");
        }
    }

    /// <param name="foreign">Takes an effort beside which another measure of thinking stands.</param>
    public NeutralReasoning? ToNeutral(List<ForeignField> foreign)
    {
        if (_effort is not null && _type is ("enabled" or "disabled"))
        {
            foreign.Add(new ForeignField(_effortPath, ChangesAnswer: false));
        }

        return (_type, _effort) switch
        {
            ("disabled", _) => new NeutralReasoning(ReasoningMode.Off, null, null, _show, Path),
            ("enabled", _) => new NeutralReasoning(ReasoningMode.Budget, null, _budget, _show, Path),
            (_, { } effort) => new NeutralReasoning(ReasoningMode.Effort, effort, null, _show, _type is null ? _effortPath : Path),
            ("adaptive", _) => new NeutralReasoning(ReasoningMode.Auto, null, null, _show, Path),
            _ => null,
        };
    }
}
