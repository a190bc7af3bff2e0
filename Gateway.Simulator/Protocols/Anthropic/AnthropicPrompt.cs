using System.Text;
using System.Text.Json;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary>What a model takes from <c>system</c> and <c>messages</c>; reads them as strictly as the provider does.</summary>
internal sealed partial class AnthropicPrompt : IDisposable
{
    private readonly AnthropicProvider _provider;
    private readonly StringBuilder _text = new();
    private readonly HashSet<string> _serverCalls = new(StringComparer.Ordinal);
    private HashSet<string> _open = new(StringComparer.Ordinal);

    /// <exception cref="ProviderException">System or messages break the protocol.</exception>
    public AnthropicPrompt(JsonElement body, AnthropicModel model, AnthropicThinking thinking, AnthropicProvider provider)
    {
        _provider = provider;
        ReadTools(body);
        ReadSystem(body);
        ReadMessages(body.GetProperty("messages"u8), model, thinking);
        if (AnthropicCacheMarks.Check(body, "", provider) is { } life)
        {
            // A mark on the request itself means "as far as possible".
            Prefix.Mark(life);
        }

        AnthropicCacheMarks.CheckCount(Prefix);
    }

    public int Tokens { get; private set; } = PromptCost.Reply;

    /// <summary>Text of the last user message that has some, where directives stand.</summary>
    public string LastUserText { get; private set; } = "";

    /// <summary>The last message has results of tools and no text: the model should talk now.</summary>
    public bool EndsWithToolResult { get; private set; }

    public PromptPrefix Prefix { get; } = new();

    public void Dispose() => Prefix.Dispose();

    private void ReadTools(JsonElement body)
    {
        if (Json.Member(body, "tools"u8) is { } tools)
        {
            for (var index = 0; index < tools.GetArrayLength(); index++)
            {
                Add("tool", tools[index], 0, $"tools.{index}");
            }
        }
    }

    private void ReadSystem(JsonElement body)
    {
        if (Json.Member(body, "system"u8) is not { } system)
        {
            return;
        }

        Tokens += PromptCost.Message;
        if (system.ValueKind == JsonValueKind.String)
        {
            Add("system", system, Tokenizer.Count(system.GetString()), "system");
            return;
        }

        for (var index = 0; index < system.GetArrayLength(); index++)
        {
            var path = $"system.{index}";
            if (Json.Text(system[index], "type"u8) is var type and not "text")
            {
                throw AnthropicError.Invalid($"{path}.type", type is null ? "Field required" : "Input should be 'text'");
            }

            AnthropicFields.Blocks["text"].Check(system[index], _provider, path);
            Add("system", system[index], Tokenizer.Count(Text(system[index], "system")), path);
        }
    }

    private void ReadMessages(JsonElement messages, AnthropicModel model, AnthropicThinking thinking)
    {
        var count = messages.GetArrayLength();
        if (count == 0)
        {
            throw AnthropicError.Invalid("messages", "at least one message is required");
        }

        var before = "";
        for (var index = 0; index < count; index++)
        {
            var message = messages[index];
            if (message.ValueKind != JsonValueKind.Object)
            {
                throw AnthropicError.Invalid($"messages.{index}", "Input should be an object");
            }

            AnthropicFields.Message.Check(message, _provider, $"messages.{index}");
            before = ReadRole(message, before);
            ReadMessage(message, before, index, final: index == count - 1);
        }

        if (_open.Count > 0)
        {
            throw Unanswered(count - 1);
        }

        CheckEnd(messages, before, model, thinking);
    }

    private static string ReadRole(JsonElement message, string before)
    {
        var role = message.GetProperty("role"u8).GetString()!;
        if (role is not ("user" or "assistant"))
        {
            throw AnthropicError.Invalid("messages", role == "system"
                ? "Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, not \"system\" as an input message role."
                : $"Unexpected role \"{role}\". Allowed roles are \"user\" or \"assistant\".");
        }

        if (before.Length == 0 && role != "user")
        {
            throw AnthropicError.Invalid("messages", "first message must use the \"user\" role");
        }

        return role != before ? role : throw AnthropicError.Invalid(
            "messages", $"roles must alternate between \"user\" and \"assistant\", but found multiple \"{role}\" roles in a row");
    }

    private void ReadMessage(JsonElement message, string role, int index, bool final)
    {
        Tokens += PromptCost.Message;
        _text.Clear();
        var answered = _open;
        _open = new HashSet<string>(StringComparer.Ordinal);
        var results = new HashSet<string>(StringComparer.Ordinal);
        var content = message.GetProperty("content"u8);
        if (content.ValueKind == JsonValueKind.String)
        {
            if (content.GetString()!.Length == 0 && !(final && role == "assistant"))
            {
                throw AnthropicError.Invalid($"messages.{index}", "all messages must have non-empty content except for the optional final assistant message");
            }

            _text.Append(content.GetString());
            Add(role, content, Tokenizer.Count(content.GetString()), $"messages.{index}");
        }
        else
        {
            ReadBlocks(content, role, index, answered, results, final);
        }

        answered.ExceptWith(results);
        if (answered.Count > 0)
        {
            _open = answered;
            throw Unanswered(index - 1);
        }

        if (role == "user")
        {
            EndsWithToolResult = results.Count > 0 && _text.Length == 0;
            LastUserText = _text.Length > 0 ? _text.ToString() : LastUserText;
        }
    }

    private void ReadBlocks(JsonElement content, string role, int index, HashSet<string> asked, HashSet<string> results, bool final)
    {
        var count = content.GetArrayLength();
        if (count == 0 && !(final && role == "assistant"))
        {
            throw AnthropicError.Invalid($"messages.{index}", "all messages must have non-empty content except for the optional final assistant message");
        }

        var leading = true;
        for (var at = 0; at < count; at++)
        {
            var block = content[at];
            var path = $"messages.{index}.content.{at}";
            var type = ReadType(block, path);
            AnthropicFields.Blocks[type].Check(block, _provider, $"{path}.{type}");
            CheckPlace(type, role, path);
            leading &= type == "tool_result";
            if (type == "tool_result")
            {
                ReadResult(block, path, asked, results, leading);
            }

            Add(role, block, ReadBlock(block, type, path), path);
        }
    }

    private void CheckEnd(JsonElement messages, string role, AnthropicModel model, AnthropicThinking thinking)
    {
        var last = messages[messages.GetArrayLength() - 1].GetProperty("content"u8);
        if (role == "assistant")
        {
            if (model.NoPrefill)
            {
                throw AnthropicError.Invalid("This model does not support assistant message prefill. The conversation must end with a user message.");
            }

            if (_text.Length > 0 && char.IsWhiteSpace(_text[^1]))
            {
                throw AnthropicError.Invalid("messages", "final assistant content cannot end with trailing whitespace");
            }
        }

        // In a tool loop the thinking that led to the calls must be there, first and unchanged.
        if (thinking.Enabled && role == "user" && last.ValueKind == JsonValueKind.Array && Json.Text(last[0], "type"u8) == "tool_result")
        {
            var before = messages.GetArrayLength() - 2;
            var first = Json.Text(messages[before].GetProperty("content"u8)[0], "type"u8);
            if (first is not ("thinking" or "redacted_thinking"))
            {
                throw AnthropicError.Invalid($"messages.{before}.content.0.type",
                    $"Expected `thinking` or `redacted_thinking`, but found `{first}`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks).");
            }
        }
    }

    private void Add(string place, JsonElement part, int tokens, string path)
    {
        Tokens += tokens;
        Prefix.Add(place, part, tokens, AnthropicCacheMarks.Member);
        if (AnthropicCacheMarks.Check(part, path, _provider) is { } life)
        {
            Prefix.Mark(life);
        }
    }

    private AnthropicError Unanswered(int index) => AnthropicError.Invalid(
        $"messages.{index}",
        $"`tool_use` ids were found without `tool_result` blocks immediately after: {string.Join(", ", _open)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.");
}
