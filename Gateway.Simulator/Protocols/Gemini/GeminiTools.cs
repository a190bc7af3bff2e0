using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary>Reads <c>tools</c> and <c>toolConfig</c>.</summary>
internal static partial class GeminiTools
{
    private const string Request = "GenerateContentRequest";
    private static readonly JsonElement NoSchema = JsonElement.Parse("{}");

    /// <exception cref="GoogleError">Tools or choice break the rules.</exception>
    public static ToolOffer Read(JsonElement body)
    {
        var tools = ReadTools(body);
        var (demand, name) = ReadChoice(body, tools);
        return new ToolOffer { Tools = tools, Demand = demand, Name = name };
    }

    [GeneratedRegex("^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$")]
    private static partial Regex ValidName { get; }

    private static OrderedDictionary<string, JsonElement> ReadTools(JsonElement body)
    {
        var tools = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
        var group = 0;
        foreach (var tool in ProtoMessage.List(body, "tools"))
        {
            var index = 0;
            foreach (var function in ProtoMessage.List(tool, "functionDeclarations"))
            {
                var path = $"{Request}.tools[{group}].function_declarations[{index++}]";
                var name = ProtoMessage.Text(function, "name") ?? "";
                if (!ValidName.IsMatch(name))
                {
                    throw GoogleError.Violation($"{path}.name",
                        "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), "
                        + "with a maximum length of 64.");
                }

                if (!tools.TryAdd(name, ReadParameters(function, path)))
                {
                    throw GoogleError.Invalid($"Duplicate function declaration found: {name}");
                }
            }

            group++;
        }

        return tools;
    }

    private static JsonElement ReadParameters(JsonElement function, string path)
    {
        var schema = ProtoMessage.Find(function, "parameters");
        var full = ProtoMessage.Find(function, "parametersJsonSchema");
        if (schema is not null && full is not null)
        {
            throw GoogleError.Violation(path, "parameters and parameters_json_schema are mutually exclusive.");
        }

        if (schema is { } own)
        {
            SchemaRules.Check(own, $"{path}.parameters");
        }

        return schema ?? full ?? NoSchema;
    }

    private static (ToolDemand Demand, string? Name) ReadChoice(JsonElement body, OrderedDictionary<string, JsonElement> tools)
    {
        if (ProtoMessage.Find(body, "toolConfig") is not { } holder || ProtoMessage.Find(holder, "functionCallingConfig") is not { } config)
        {
            return (ToolDemand.Auto, null);
        }

        if (tools.Count == 0)
        {
            throw GoogleError.Invalid("Function calling config is set without function_declarations.");
        }

        var mode = ProtoMessage.Text(config, "mode")?.ToUpperInvariant();
        var allowed = ProtoMessage.List(config, "allowedFunctionNames").Select(name => name.GetString()!).ToList();
        if (allowed.Count > 0 && mode is not ("ANY" or "VALIDATED"))
        {
            throw GoogleError.Invalid("Allowed function names should only be set when the function calling mode is ANY or VALIDATED.");
        }

        if (allowed.Find(name => !tools.ContainsKey(name)) is { } stranger)
        {
            throw GoogleError.Invalid($"Function name '{stranger}' in allowed_function_names is not found in function_declarations.");
        }

        // Several allowed ones: the others are as good as not there.
        foreach (var name in allowed.Count > 0 ? tools.Keys.Except(allowed).ToList() : [])
        {
            tools.Remove(name);
        }

        return mode switch
        {
            "NONE" => (ToolDemand.None, null),
            "ANY" when allowed.Count == 1 => (ToolDemand.Named, allowed[0]),
            "ANY" => (ToolDemand.Any, null),
            _ => (ToolDemand.Auto, null),
        };
    }
}
