using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Simulator.Protocols.Anthropic;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Bedrock;

/// <summary>Reads <c>toolConfig</c>.</summary>
internal static partial class BedrockTools
{
    private const string Path = "toolConfig";

    /// <exception cref="ProviderException">Tools or choice break the protocol.</exception>
    public static ToolOffer Read(JsonElement body, BedrockProvider provider)
    {
        var offer = new ToolOffer { Tools = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal) };
        if (Json.Member(body, "toolConfig"u8) is not { } config)
        {
            return offer;
        }

        BedrockFields.ToolConfig.Check(config, provider, Path);
        var tools = config.GetProperty("tools"u8);
        if (tools.GetArrayLength() == 0)
        {
            throw BedrockError.Constraint("toolConfig.tools", "'[]'", "Member must have length greater than or equal to 1");
        }

        for (var index = 0; index < tools.GetArrayLength(); index++)
        {
            ReadTool(tools[index], index, offer.Tools, provider);
        }

        return ReadChoice(config, offer, provider);
    }

    /// <exception cref="BedrockError">A name or id that the service's model does not take; its lists count from one.</exception>
    public static string Checked(string value, string path) =>
        value.Length is < 1 or > 64 ? throw BedrockError.Constraint(path, $"'{value}'", $"Member must have length {(value.Length == 0 ? "greater than or equal to 1" : "less than or equal to 64")}")
        : Pattern().IsMatch(value) ? value : throw BedrockError.Constraint(path, $"'{value}'", "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+");

    private static void ReadTool(JsonElement tool, int index, OrderedDictionary<string, JsonElement> tools, BedrockProvider provider)
    {
        if (tool.ValueKind == JsonValueKind.Object && (tool.TryGetProperty("cachePoint"u8, out _) || tool.TryGetProperty("systemTool"u8, out _)))
        {
            return;
        }

        if (Json.Member(tool, "toolSpec"u8) is not { ValueKind: JsonValueKind.Object } spec)
        {
            throw BedrockError.Invalid($"The value at {Path}.tools.{index} must have one of the following fields: toolSpec, systemTool, cachePoint.");
        }

        var path = $"{Path}.tools.{index}.toolSpec";
        BedrockFields.ToolSpec.Check(spec, provider, path);
        BedrockFields.InputSchema.Check(spec.GetProperty("inputSchema"u8), provider, $"{path}.inputSchema");
        var name = Checked(spec.GetProperty("name"u8).GetString()!, $"{Path}.tools.{index + 1}.member.toolSpec.name");
        var schema = spec.GetProperty("inputSchema"u8).GetProperty("json"u8);
        if (Json.Text(schema, "type"u8) != "object")
        {
            throw BedrockError.Invalid($"The value at {path}.inputSchema.json.type must be one of the following: object.");
        }

        if (Json.Flag(spec, "strict"u8))
        {
            Model(() => AnthropicSchema.Check(schema, $"tools.{index}.custom.input_schema"));
        }

        if (!tools.TryAdd(name, schema))
        {
            throw BedrockError.Invalid($"The toolConfig contains more than one tool with the name {name}. Tool names must be unique.");
        }
    }

    private static ToolOffer ReadChoice(JsonElement config, ToolOffer offer, BedrockProvider provider)
    {
        if (Json.Member(config, "toolChoice"u8) is not { } choice)
        {
            return offer;
        }

        var members = choice.EnumerateObject().ToArray();
        if (members is not [{ Name: "auto" or "any" or "tool", Value.ValueKind: JsonValueKind.Object } member])
        {
            throw BedrockError.Invalid("The value at toolConfig.toolChoice must have exactly one of the following fields: auto, any, tool.");
        }

        if (member.Name != "tool")
        {
            return offer with { Demand = member.Name == "any" ? ToolDemand.Any : ToolDemand.Auto };
        }

        BedrockFields.NamedTool.Check(member.Value, provider, "toolConfig.toolChoice.tool");
        var name = member.Value.GetProperty("name"u8).GetString()!;
        return offer.Tools.ContainsKey(name)
            ? offer with { Demand = ToolDemand.Named, Name = name } : throw BedrockError.OfModel($"tool_choice: Tool '{name}' not found in provided tools");
    }

    /// <summary>Runs a rule of the model behind the interface and words its refusal as the interface does.</summary>
    public static void Model(Action rule)
    {
        try
        {
            rule();
        }
        catch (AnthropicError error)
        {
            throw BedrockError.OfModel(error.Message);
        }
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
