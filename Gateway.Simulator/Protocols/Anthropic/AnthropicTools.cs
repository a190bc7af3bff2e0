using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary>Reads <c>tools</c> and <c>tool_choice</c>.</summary>
internal static partial class AnthropicTools
{
    /// <summary>Tools that run at the provider; they are accepted and never called.</summary>
    private static readonly string[] ServerTools =
        ["bash_", "code_execution_", "computer_", "memory_", "text_editor_", "tool_search_tool_", "web_fetch_", "web_search_"];

    /// <exception cref="ProviderException">Tools or choice break the protocol.</exception>
    public static ToolOffer Read(JsonElement body, AnthropicProvider provider)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var tools = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
        if (Json.Member(body, "tools"u8) is { } list)
        {
            for (var index = 0; index < list.GetArrayLength(); index++)
            {
                ReadTool(list[index], index, names, tools, provider);
            }
        }

        return ReadChoice(body, names, new ToolOffer { Tools = tools }, provider);
    }

    private static void ReadTool(
        JsonElement tool, int index, HashSet<string> names, OrderedDictionary<string, JsonElement> tools, AnthropicProvider provider)
    {
        var path = $"tools.{index}";
        if (tool.ValueKind != JsonValueKind.Object)
        {
            throw AnthropicError.Invalid(path, "Input should be an object");
        }

        var type = Json.Text(tool, "type"u8) ?? "custom";
        if (type != "custom")
        {
            if (!ServerTools.Any(prefix => type.StartsWith(prefix, StringComparison.Ordinal)))
            {
                throw AnthropicError.Invalid(path, $"Input tag '{type}' found using 'type' does not match any of the expected tags: 'custom', 'bash_20250124', 'web_search_20250305'");
            }

            AddName(Json.Text(tool, "name"u8) ?? type, names);
            return;
        }

        path = $"{path}.custom";
        AnthropicFields.Tool.Check(tool, provider, path);
        var name = tool.GetProperty("name"u8).GetString()!;
        if (!Name().IsMatch(name))
        {
            throw AnthropicError.Invalid($"{path}.name", "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
        }

        AddName(name, names);
        AnthropicCacheMarks.Check(tool, path, provider);
        var schema = tool.GetProperty("input_schema"u8);
        CheckSchema(schema, $"{path}.input_schema");
        if (Json.Flag(tool, "strict"u8))
        {
            AnthropicSchema.Check(schema, $"{path}.input_schema");
        }

        tools[name] = schema;
    }

    private static void AddName(string name, HashSet<string> names)
    {
        if (!names.Add(name))
        {
            throw AnthropicError.Invalid("tools", "Tool names must be unique.");
        }
    }

    private static void CheckSchema(JsonElement schema, string path)
    {
        if (!schema.TryGetProperty("type"u8, out var type))
        {
            throw AnthropicError.Invalid($"{path}.type", "Field required");
        }

        if (type.ValueKind != JsonValueKind.String || !type.ValueEquals("object"u8))
        {
            throw AnthropicError.Invalid($"{path}.type", "Input should be 'object'");
        }

        if (schema.TryGetProperty("oneOf"u8, out _) || schema.TryGetProperty("allOf"u8, out _) || schema.TryGetProperty("anyOf"u8, out _))
        {
            throw AnthropicError.Invalid(path, "input_schema does not support oneOf, allOf, or anyOf at the top level");
        }
    }

    private static ToolOffer ReadChoice(JsonElement body, HashSet<string> names, ToolOffer offer, AnthropicProvider provider)
    {
        if (Json.Member(body, "tool_choice"u8) is not { } choice)
        {
            return offer;
        }

        var type = Json.Text(choice, "type"u8);
        var table = type switch
        {
            "tool" => AnthropicFields.ToolChoiceNamed,
            "none" => AnthropicFields.ToolChoiceNone,
            "auto" or "any" or null => AnthropicFields.ToolChoice,
            _ => throw AnthropicError.Invalid("tool_choice", $"Input tag '{type}' found using 'type' does not match any of the expected tags: 'any', 'auto', 'none', 'tool'"),
        };
        table.Check(choice, provider, type is null ? "tool_choice" : $"tool_choice.{type}");
        if (names.Count == 0)
        {
            throw AnthropicError.Invalid("tool_choice", "Tool choice may only be specified while providing tools.");
        }

        var name = type == "tool" ? choice.GetProperty("name"u8).GetString()! : null;
        if (name is not null && !names.Contains(name))
        {
            throw AnthropicError.Invalid("tool_choice", $"Tool '{name}' not found in provided tools");
        }

        return offer with
        {
            Demand = type switch { "any" => ToolDemand.Any, "none" => ToolDemand.None, "tool" => ToolDemand.Named, _ => ToolDemand.Auto },
            Name = name,
            Parallel = !Json.Flag(choice, "disable_parallel_tool_use"u8),
        };
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,128}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
