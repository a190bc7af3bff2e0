using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
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

    private static string ReadType(JsonElement block, string path)
    {
        if (block.ValueKind != JsonValueKind.Object)
        {
            throw AnthropicError.Invalid(path, "Input should be an object");
        }

        var type = Json.Text(block, "type"u8) ?? throw AnthropicError.Invalid($"{path}.type", "Field required");
        return AnthropicFields.Blocks.ContainsKey(type) ? type : throw AnthropicError.Invalid(
            path, $"Input tag '{type}' found using 'type' does not match any of the expected tags: {string.Join(", ", AnthropicFields.Blocks.Keys.Select(name => $"'{name}'"))}");
    }

    private static void CheckPlace(string type, string role, string path)
    {
        var only = type switch
        {
            "tool_use" or "server_tool_use" or "thinking" or "redacted_thinking" => "assistant",
            var _ when IsServerResult(type) => "assistant",
            "tool_result" or "image" or "document" or "search_result" => "user",
            _ => role,
        };
        if (only != role)
        {
            throw AnthropicError.Invalid(path, $"`{type}` blocks can only be in `{only}` messages");
        }
    }

    private static bool IsServerResult(string type) => type.EndsWith("_tool_result", StringComparison.Ordinal);

    /// <summary>Only results that come before anything else answer the calls of the message before.</summary>
    private static void ReadResult(JsonElement block, string path, HashSet<string> asked, HashSet<string> results, bool leading)
    {
        var id = block.GetProperty("tool_use_id"u8).GetString()!;
        if (!asked.Contains(id))
        {
            throw AnthropicError.Invalid(
                path, $"unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.");
        }

        if (leading && !results.Add(id))
        {
            throw AnthropicError.Invalid(path, $"each tool_use must have a single result. Found multiple `tool_result` blocks with id: {id}");
        }
    }

    private int ReadBlock(JsonElement block, string type, string path)
    {
        switch (type)
        {
            case "text":
                var text = Text(block, "messages");
                _text.Append(text);
                return Tokenizer.Count(text);
            case "image" or "document":
                AnthropicSources.Check(block.GetProperty("source"u8), type, path);
                return PromptCost.Attachment;
            case "search_result":
                return PromptCost.Attachment;
            case "thinking":
                var thought = block.GetProperty("thinking"u8).GetString()!;
                return Seal.Fits(block.GetProperty("signature"u8).GetString()!, AnthropicThinking.SealKind, thought)
                    ? Tokenizer.Count(thought) : throw AnthropicError.Invalid(path, "Invalid `signature` in `thinking` block");
            case "redacted_thinking":
                // This provider never makes one, so every one is another's.
                throw AnthropicError.Invalid(path, "Invalid `data` in `redacted_thinking` block");
            case "tool_use":
                var id = block.GetProperty("id"u8).GetString()!;
                if (!Id().IsMatch(id))
                {
                    throw AnthropicError.Invalid($"{path}.tool_use.id", "String should match pattern '^[a-zA-Z0-9_-]+$'");
                }

                return _open.Add(id) ? 0 : throw AnthropicError.Invalid("messages", "`tool_use` ids must be unique");
            case "server_tool_use":
                _serverCalls.Add(block.GetProperty("id"u8).GetString()!);
                return 0;
            case "tool_result":
                return ReadResultContent(block, path);
            default:
                var call = block.GetProperty("tool_use_id"u8).GetString()!;
                return _serverCalls.Contains(call) ? 0 : throw AnthropicError.Invalid(
                    path, $"unexpected `tool_use_id` found in `{type}` blocks: {call}. Each `{type}` block must have a corresponding `server_tool_use` block before it.");
        }
    }

    private int ReadResultContent(JsonElement block, string path)
    {
        if (Json.Member(block, "content"u8) is not { } content)
        {
            return 0;
        }

        if (content.ValueKind == JsonValueKind.String)
        {
            return Tokenizer.Count(content.GetString());
        }

        var tokens = 0;
        for (var index = 0; index < content.GetArrayLength(); index++)
        {
            var inner = $"{path}.tool_result.content.{index}";
            var type = ReadType(content[index], inner);
            if (type is not ("text" or "image" or "document" or "search_result"))
            {
                throw AnthropicError.Invalid(inner, $"Input tag '{type}' found using 'type' does not match any of the expected tags: 'document', 'image', 'search_result', 'text'");
            }

            AnthropicFields.Blocks[type].Check(content[index], _provider, $"{inner}.{type}");

            // Text of a tool is no text of the user: no directive stands there.
            tokens += type == "text" ? Tokenizer.Count(Text(content[index], "messages")) : ReadBlock(content[index], type, inner);
        }

        return tokens;
    }

    private static string Text(JsonElement block, string place)
    {
        var text = block.GetProperty("text"u8).GetString()!;
        if (string.IsNullOrWhiteSpace(text))
        {
            throw text.Length == 0 && Json.Member(block, "cache_control"u8) is not null
                ? AnthropicError.Invalid(place, "cache_control cannot be set for empty text blocks")
                : AnthropicError.Invalid(place, text.Length == 0 ? "text content blocks must be non-empty" : "text content blocks must contain non-whitespace text");
        }

        return text;
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

    [GeneratedRegex("^[a-zA-Z0-9_-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Id();
}
