using System.Text.Json;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>Reads <c>tools</c>, <c>tool_choice</c> and <c>parallel_tool_calls</c>.</summary>
internal static class ChatTools
{
    private static readonly JsonElement NoSchema = JsonElement.Parse("{}");

    /// <exception cref="OpenAIError">Tools or choice break the protocol.</exception>
    public static ToolOffer Read(JsonElement body)
    {
        var tools = ReadTools(body);
        var (demand, name) = ReadChoice(Json.Member(body, "tool_choice"u8), tools);
        return new ToolOffer
        {
            Tools = tools,
            Demand = demand,
            Name = name,
            Parallel = Json.Member(body, "parallel_tool_calls"u8) is not { ValueKind: JsonValueKind.False },
        };
    }

    /// <summary>Name of each tool with the schema of its parameters.</summary>
    private static OrderedDictionary<string, JsonElement> ReadTools(JsonElement body)
    {
        var tools = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
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

    private static (ToolDemand Demand, string? Name) ReadChoice(JsonElement? choice, OrderedDictionary<string, JsonElement> tools)
    {
        if (choice is not { } given)
        {
            return (ToolDemand.Auto, null);
        }

        if (tools.Count == 0)
        {
            throw OpenAIError.Invalid("tool_choice", "'tool_choice' is only allowed when 'tools' are specified.");
        }

        if (given.ValueKind == JsonValueKind.String)
        {
            return given.GetString() switch
            {
                "none" => (ToolDemand.None, null),
                "auto" => (ToolDemand.Auto, null),
                "required" => (ToolDemand.Any, null),
                _ => throw OpenAIError.Invalid("tool_choice", "expected 'none', 'auto', 'required' or a function."),
            };
        }

        var name = Json.Member(given, "function"u8) is { ValueKind: JsonValueKind.Object } function ? Json.Text(function, "name"u8) : null;
        return name is not null && tools.ContainsKey(name)
            ? (ToolDemand.Named, name) : throw OpenAIError.Invalid("tool_choice", "it must name a function of 'tools'.");
    }
}
