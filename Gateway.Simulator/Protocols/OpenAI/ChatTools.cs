using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>Reads <c>tools</c>, <c>tool_choice</c> and <c>parallel_tool_calls</c>.</summary>
internal static partial class ChatTools
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
            return Json.Member(body, "parallel_tool_calls"u8) is null
                ? tools : throw OpenAIError.Invalid("parallel_tool_calls", "'parallel_tool_calls' is only allowed when 'tools' are specified.");
        }

        if (list.GetArrayLength() == 0)
        {
            throw OpenAIError.Invalid("tools", "empty array. Expected an array with minimum length 1, but got an empty array instead.", "empty_array");
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

            if (!Name().IsMatch(name))
            {
                throw OpenAIError.Invalid(
                    $"{path}.function.name", "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.");
            }

            var schema = Json.Member(function, "parameters"u8) ?? NoSchema;
            if (Json.Flag(function, "strict"u8))
            {
                OpenAISchema.Check(schema, $"function '{name}'", $"{path}.function.parameters", "invalid_function_parameters");
            }

            tools[name] = schema;
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

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
