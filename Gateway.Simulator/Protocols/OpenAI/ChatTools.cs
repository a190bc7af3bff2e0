using System.Text.Json;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>Decides which tools are called: the ones that the text asks for by <c>call NAME</c>, or what <c>tool_choice</c> demands.</summary>
internal static class ChatTools
{
    private static readonly JsonElement NoSchema = JsonElement.Parse("{}");

    /// <exception cref="OpenAIError">Tools or choice break the protocol.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Choose(JsonElement body, ChatMessages messages, ulong seed)
    {
        var tools = ReadTools(body);
        var choice = Json.Member(body, "tool_choice"u8);
        var demanded = ReadChoice(choice, tools);
        if (tools.Count == 0 || (choice is { ValueKind: JsonValueKind.String } text && text.ValueEquals("none"u8)))
        {
            return [];
        }

        if (demanded is not null)
        {
            return [Call(demanded, tools, seed)];
        }

        var called = messages.EndsWithToolResult ? [] : CalledIn(messages.LastUserText, tools);
        if (called.Count == 0 && choice is { ValueKind: JsonValueKind.String } required && required.ValueEquals("required"u8))
        {
            called.Add(tools.Keys.First());
        }

        var parallel = Json.Member(body, "parallel_tool_calls"u8) is not { ValueKind: JsonValueKind.False };
        return [.. (parallel ? called : called.Take(1)).Select((name, index) => Call(name, tools, seed + (ulong)index))];
    }

    private static KeyValuePair<string, string> Call(string name, Dictionary<string, JsonElement> tools, ulong seed) =>
        new(name, SchemaSampler.Sample(tools[name], seed));

    /// <summary>Names after the word <c>call</c>, in the order of the text.</summary>
    private static List<string> CalledIn(string text, Dictionary<string, JsonElement> tools)
    {
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var called = new List<string>();
        for (var index = 0; index + 1 < words.Length; index++)
        {
            var name = words[index + 1].TrimEnd('.', ',', '!', '?', ';', ':');
            if (words[index].Equals("call", StringComparison.OrdinalIgnoreCase) && tools.ContainsKey(name))
            {
                called.Add(name);
            }
        }

        return called;
    }

    /// <summary>Name of each tool with the schema of its parameters.</summary>
    private static Dictionary<string, JsonElement> ReadTools(JsonElement body)
    {
        var tools = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (Json.Member(body, "tools"u8) is not { ValueKind: JsonValueKind.Array } list)
        {
            return tools;
        }

        var index = 0;
        foreach (var tool in list.EnumerateArray())
        {
            var path = $"tools[{index++}]";
            if (tool.ValueKind != JsonValueKind.Object || Json.Text(tool, "type"u8) != "function")
            {
                throw OpenAIError.Invalid($"{path}.type", "expected 'function'.");
            }

            if (Json.Member(tool, "function"u8) is not { ValueKind: JsonValueKind.Object } function || Json.Text(function, "name"u8) is not { Length: > 0 } name)
            {
                throw OpenAIError.Missing($"{path}.function.name");
            }

            tools[name] = Json.Member(function, "parameters"u8) ?? NoSchema;
        }

        return tools;
    }

    /// <returns>The one function that must be called, or null.</returns>
    private static string? ReadChoice(JsonElement? choice, Dictionary<string, JsonElement> tools)
    {
        if (choice is not { } given)
        {
            return null;
        }

        if (tools.Count == 0)
        {
            throw OpenAIError.Invalid("tool_choice", "'tool_choice' is only allowed when 'tools' are specified.");
        }

        if (given.ValueKind == JsonValueKind.String)
        {
            return given.GetString() is "none" or "auto" or "required" ? null : throw OpenAIError.Invalid("tool_choice", "expected 'none', 'auto', 'required' or a function.");
        }

        var name = Json.Member(given, "function"u8) is { ValueKind: JsonValueKind.Object } function ? Json.Text(function, "name"u8) : null;
        return name is not null && tools.ContainsKey(name) ? name : throw OpenAIError.Invalid("tool_choice", "it must name a function of 'tools'.");
    }
}
