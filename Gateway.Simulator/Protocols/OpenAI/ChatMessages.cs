using System.Text;
using System.Text.Json;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>What a model takes from the conversation.</summary>
/// <param name="PromptTokens">Tokens of all messages.</param>
/// <param name="LastUserText">Text of the last user message, where directives stand; empty when there is none.</param>
/// <param name="EndsWithToolResult">The last message answers a tool call, so the model should talk now.</param>
/// <param name="SaysJson">Somewhere stands the word JSON; a format without schema wants it.</param>
internal sealed record ChatMessages(int PromptTokens, string LastUserText, bool EndsWithToolResult, bool SaysJson)
{
    private static readonly HashSet<string> MessageFields =
        ["role", "content", "name", "refusal", "audio", "annotations", "tool_calls", "tool_call_id", "function_call"];

    /// <exception cref="OpenAIError">A message breaks the protocol.</exception>
    public static ChatMessages Read(JsonElement messages)
    {
        if (messages.GetArrayLength() == 0)
        {
            throw OpenAIError.Invalid("messages", "empty array. Expected an array with minimum length 1, but got an empty array instead.", "empty_array");
        }

        var tokens = PromptCost.Reply;
        var lastUser = "";
        var saysJson = false;
        var openCalls = new HashSet<string>(StringComparer.Ordinal);
        var role = "";
        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            var path = $"messages[{index++}]";
            role = ReadRole(message, path);
            FollowCalls(message, role, path, openCalls);
            var text = ReadContent(message, role, path, ref tokens);
            tokens += PromptCost.Message + Tokenizer.Count(text);
            lastUser = role == "user" ? text : lastUser;
            saysJson |= text.Contains("json", StringComparison.OrdinalIgnoreCase);
        }

        return openCalls.Count == 0 ? new ChatMessages(tokens, lastUser, role == "tool", saysJson) : throw UnansweredCalls();
    }

    private static string ReadRole(JsonElement message, string path)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            throw OpenAIError.WrongType(path, "an object", OpenAIFields.KindOf(message));
        }

        foreach (var member in message.EnumerateObject())
        {
            if (!MessageFields.Contains(member.Name))
            {
                throw OpenAIError.Unknown($"{path}.{member.Name}");
            }
        }

        var role = RequiredText(message, "role"u8, $"{path}.role");
        return role is "system" or "developer" or "user" or "assistant" or "tool" ? role : throw OpenAIError.Invalid(
            $"{path}.role", $"'{role}' is not one of 'system', 'developer', 'user', 'assistant' and 'tool'.");
    }

    /// <summary>Each tool call of an assistant is answered by a tool message before anybody else speaks.</summary>
    private static void FollowCalls(JsonElement message, string role, string path, HashSet<string> openCalls)
    {
        if (role == "tool")
        {
            if (!openCalls.Remove(RequiredText(message, "tool_call_id"u8, $"{path}.tool_call_id")))
            {
                throw OpenAIError.Invalid($"{path}.role", "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.");
            }

            return;
        }

        if (openCalls.Count > 0)
        {
            throw UnansweredCalls();
        }

        if (role == "assistant" && message.TryGetProperty("tool_calls"u8, out var calls) && calls.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var call in calls.EnumerateArray())
            {
                openCalls.Add(RequiredText(call, "id"u8, $"{path}.tool_calls[{index++}].id"));
            }
        }
    }

    private static string ReadContent(JsonElement message, string role, string path, ref int tokens)
    {
        var name = $"{path}.content";
        if (!message.TryGetProperty("content"u8, out var content) || content.ValueKind == JsonValueKind.Null)
        {
            return role == "assistant" ? "" : throw OpenAIError.Missing(name);
        }

        switch (content.ValueKind)
        {
            case JsonValueKind.String:
                return content.GetString()!;
            case JsonValueKind.Array:
                var text = new StringBuilder();
                var index = 0;
                foreach (var part in content.EnumerateArray())
                {
                    ReadPart(part, $"{name}[{index++}]", text, ref tokens);
                }

                return text.ToString();
            default:
                throw OpenAIError.WrongType(name, "a string or an array", OpenAIFields.KindOf(content));
        }
    }

    private static void ReadPart(JsonElement part, string path, StringBuilder text, ref int tokens)
    {
        if (part.ValueKind != JsonValueKind.Object)
        {
            throw OpenAIError.WrongType(path, "an object", OpenAIFields.KindOf(part));
        }

        switch (RequiredText(part, "type"u8, $"{path}.type"))
        {
            case "text":
                text.Append(RequiredText(part, "text"u8, $"{path}.text"));
                break;
            case "refusal":
                text.Append(RequiredText(part, "refusal"u8, $"{path}.refusal"));
                break;
            case "image_url" or "input_audio" or "file":
                tokens += PromptCost.Attachment;
                break;
            case var other:
                throw OpenAIError.Invalid($"{path}.type", $"'{other}' is not one of 'text', 'image_url', 'input_audio', 'refusal' and 'file'.");
        }
    }

    private static string RequiredText(JsonElement holder, ReadOnlySpan<byte> name, string path)
    {
        if (holder.ValueKind != JsonValueKind.Object || !holder.TryGetProperty(name, out var value))
        {
            throw OpenAIError.Missing(path);
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw OpenAIError.WrongType(path, "a string", OpenAIFields.KindOf(value));
    }

    private static OpenAIError UnansweredCalls() =>
        OpenAIError.Invalid("messages", "an assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.");
}
