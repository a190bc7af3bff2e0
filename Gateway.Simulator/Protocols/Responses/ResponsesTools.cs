using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Simulator.Protocols.OpenAI;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Responses;

/// <summary>Reads <c>tools</c> and <c>tool_choice</c>.</summary>
internal static partial class ResponsesTools
{
    /// <summary>Tools that run at the provider, and those whose input is no JSON; they are accepted and never called.</summary>
    private static readonly string[] NeverCalled =
    [
        "code_interpreter", "computer", "computer_use_preview", "custom", "file_search", "image_generation", "local_shell", "mcp", "shell", "apply_patch",
        "tool_search", "web_search", "web_search_preview", "web_search_2025_08_26", "web_search_preview_2025_03_11",
    ];

    private static readonly JsonElement NoSchema = JsonElement.Parse("{}");

    /// <exception cref="ProviderException">Tools or choice break the protocol.</exception>
    public static ToolOffer Read(JsonElement body, OpenAIProvider provider)
    {
        var offer = new ToolOffer
        {
            Tools = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal),
            Parallel = Json.Member(body, "parallel_tool_calls"u8) is not { ValueKind: JsonValueKind.False },
        };
        var tools = Json.Member(body, "tools"u8);
        for (var index = 0; index < (tools?.GetArrayLength() ?? 0); index++)
        {
            ReadTool(tools!.Value[index], $"tools[{index}]", offer.Tools, provider);
        }

        return ReadChoice(body, offer);
    }

    private static void ReadTool(JsonElement tool, string path, OrderedDictionary<string, JsonElement> tools, OpenAIProvider provider)
    {
        if (tool.ValueKind != JsonValueKind.Object)
        {
            throw OpenAIError.WrongType(path, "an object", OpenAIFields.KindOf(tool));
        }

        var type = Json.Text(tool, "type"u8) ?? throw OpenAIError.Missing($"{path}.type");
        if (type != "function")
        {
            if (!NeverCalled.Contains(type, StringComparer.Ordinal))
            {
                throw OpenAIError.NotOneOf($"{path}.type", type, ["function", .. NeverCalled]);
            }

            return;
        }

        // The mistake of everybody who comes from chat completions: its tools have one more level.
        if (!tool.TryGetProperty("name"u8, out _))
        {
            throw OpenAIError.Missing($"{path}.name");
        }

        ResponsesFields.Function.Check(tool, provider, path);
        var name = tool.GetProperty("name"u8).GetString()!;
        if (!Name().IsMatch(name))
        {
            throw OpenAIError.Bad($"Invalid '{path}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.", $"{path}.name", "invalid_value");
        }

        var schema = Json.Member(tool, "parameters"u8) ?? NoSchema;
        if (Json.Flag(tool, "strict"u8))
        {
            OpenAISchema.Check(schema, $"function '{name}'", $"{path}.parameters", "invalid_function_parameters");
        }

        tools[name] = schema;
    }

    private static ToolOffer ReadChoice(JsonElement body, ToolOffer offer)
    {
        var choice = Json.Member(body, "tool_choice"u8);
        var type = choice is { ValueKind: JsonValueKind.Object } map ? Json.Text(map, "type"u8) ?? throw OpenAIError.Missing("tool_choice.type") : choice?.GetString();
        switch (type)
        {
            case null or "auto":
                return offer;
            case "none":
                return offer with { Demand = ToolDemand.None };
            case var _ when Json.Member(body, "tools"u8) is not { } tools || tools.GetArrayLength() == 0:
                throw OpenAIError.Bad($"Tool choice '{type}' must be specified with 'tools' parameter.", "tool_choice", null);
            case "required":
                return offer with { Demand = ToolDemand.Any };
            case "function":
                var name = Json.Text(choice!.Value, "name"u8) ?? throw OpenAIError.Missing("tool_choice.name");
                return offer.Tools.ContainsKey(name)
                    ? offer with { Demand = ToolDemand.Named, Name = name }
                    : throw OpenAIError.Bad("Tool choice 'function' not found in 'tools' parameter.", "tool_choice", null);
            case "allowed_tools":
                return Narrow(choice!.Value, offer);
            default:
                throw OpenAIError.NotOneOf("tool_choice", type, ["none", "auto", "required"]);
        }
    }

    /// <summary>Only the tools of a list may be called.</summary>
    private static ToolOffer Narrow(JsonElement choice, ToolOffer offer)
    {
        var kept = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
        var allowed = Json.Member(choice, "tools"u8) ?? throw OpenAIError.Missing("tool_choice.tools");
        if (allowed.ValueKind != JsonValueKind.Array)
        {
            throw OpenAIError.WrongType("tool_choice.tools", "an array", OpenAIFields.KindOf(allowed));
        }

        foreach (var tool in allowed.EnumerateArray())
        {
            var name = Json.Text(tool, "name"u8) ?? "";
            kept[name] = offer.Tools.TryGetValue(name, out var schema)
                ? schema : throw OpenAIError.Bad("Tool choice 'allowed_tools' not found in 'tools' parameter.", "tool_choice", null);
        }

        return offer with { Tools = kept, Demand = Json.Text(choice, "mode"u8) == "required" ? ToolDemand.Any : ToolDemand.Auto };
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
