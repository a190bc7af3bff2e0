using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <content>The content blocks of a message.</content>
internal sealed partial class AnthropicPrompt
{
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

    [GeneratedRegex("^[a-zA-Z0-9_-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Id();
}
