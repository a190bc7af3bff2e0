using System.Text.Json;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Ollama;

/// <summary>What a model takes from the conversation.</summary>
/// <param name="PromptTokens">Tokens of all messages.</param>
/// <param name="LastUserText">Text of the last user message, where directives stand; empty when there is none.</param>
/// <param name="EndsWithToolResult">The last message answers a tool call, so the model should talk now.</param>
internal sealed record OllamaMessages(int PromptTokens, string LastUserText, bool EndsWithToolResult)
{
    private const string Path = "ChatRequest.messages";

    /// <exception cref="OllamaError">A message has a member of the wrong type.</exception>
    public static OllamaMessages Read(JsonElement messages)
    {
        var tokens = PromptCost.Reply;
        var lastUser = "";
        var role = "";
        foreach (var message in messages.EnumerateArray())
        {
            if (message.ValueKind != JsonValueKind.Object)
            {
                throw OllamaError.WrongType(Path, message, "api.Message");
            }

            // The server writes roles in small letters itself.
            role = Text(message, "role").ToLowerInvariant();
            var content = Text(message, "content");
            Text(message, "thinking");
            Text(message, "tool_name");
            Text(message, "tool_call_id");
            CheckCalls(message);
            tokens += PromptCost.Message + Tokenizer.Count(content) + (PromptCost.Attachment * CountImages(message, Path));
            lastUser = role == "user" ? content : lastUser;
        }

        return new OllamaMessages(tokens, lastUser, role == "tool");
    }

    /// <summary>Images are bare base64; an address with a media type before it is refused.</summary>
    public static int CountImages(JsonElement holder, string path)
    {
        if (Json.Member(holder, "images"u8) is not { } images)
        {
            return 0;
        }

        if (images.ValueKind != JsonValueKind.Array)
        {
            throw OllamaError.WrongType($"{path}.images", images, "[]api.ImageData");
        }

        foreach (var image in images.EnumerateArray())
        {
            if (image.ValueKind != JsonValueKind.String)
            {
                throw OllamaError.WrongType($"{path}.images", image, "[]uint8");
            }

            var data = image.GetString()!;
            if (!Convert.TryFromBase64String(data, new byte[data.Length], out _))
            {
                throw OllamaError.Invalid($"illegal base64 data at input byte {Math.Max(0, data.AsSpan().IndexOfAny(":,; ".AsSpan()))}");
            }
        }

        return images.GetArrayLength();
    }

    private static string Text(JsonElement message, string name)
    {
        if (!message.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return "";
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw OllamaError.WrongType($"{Path}.{name}", value, "string");
    }

    private static void CheckCalls(JsonElement message)
    {
        const string Calls = $"{Path}.tool_calls";
        if (Json.Member(message, "tool_calls"u8) is not { } calls)
        {
            return;
        }

        if (calls.ValueKind != JsonValueKind.Array)
        {
            throw OllamaError.WrongType(Calls, calls, "[]api.ToolCall");
        }

        foreach (var call in calls.EnumerateArray())
        {
            if (call.ValueKind != JsonValueKind.Object)
            {
                throw OllamaError.WrongType(Calls, call, "api.ToolCall");
            }

            if (Json.Member(call, "function"u8) is not { } function)
            {
                continue;
            }

            if (function.ValueKind != JsonValueKind.Object)
            {
                throw OllamaError.WrongType($"{Calls}.function", function, "api.ToolCallFunction");
            }

            if (Json.Member(function, "name"u8) is { ValueKind: not JsonValueKind.String } name)
            {
                throw OllamaError.WrongType($"{Calls}.function.name", name, "string");
            }

            // Text, as OpenAI has it, is the usual mistake.
            if (Json.Member(function, "arguments"u8) is { ValueKind: not JsonValueKind.Object } arguments)
            {
                throw OllamaError.WrongType($"{Calls}.function.arguments", arguments, "api.ToolCallFunctionArguments");
            }
        }
    }
}
