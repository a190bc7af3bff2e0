using System.Text.Json;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Ollama;

/// <summary>Reads <c>tools</c>. There is no choice: the model decides.</summary>
internal static class OllamaTools
{
    private const string Path = "ChatRequest.tools";
    private static readonly JsonElement NoSchema = JsonElement.Parse("{}");

    /// <exception cref="OllamaError">A tool has a member of the wrong type.</exception>
    public static ToolOffer Read(JsonElement body)
    {
        var tools = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var tool in Json.Member(body, "tools"u8) is { } list ? list.EnumerateArray() : default)
        {
            if (tool.ValueKind != JsonValueKind.Object)
            {
                throw OllamaError.WrongType(Path, tool, "api.Tool");
            }

            if (Json.Member(tool, "function"u8) is not { ValueKind: JsonValueKind.Object } function)
            {
                continue;
            }

            var name = Json.Member(function, "name"u8) switch
            {
                null => "",
                { ValueKind: JsonValueKind.String } text => text.GetString()!,
                { } other => throw OllamaError.WrongType($"{Path}.function.name", other, "string"),
            };
            tools[name] = ReadParameters(function);
        }

        return new ToolOffer { Tools = tools };
    }

    private static JsonElement ReadParameters(JsonElement function)
    {
        if (Json.Member(function, "parameters"u8) is not { } parameters)
        {
            return NoSchema;
        }

        if (parameters.ValueKind != JsonValueKind.Object)
        {
            throw OllamaError.WrongType($"{Path}.function.parameters", parameters, "api.ToolFunctionParameters");
        }

        // The type of a property may be a list there, that of the whole may not.
        return Json.Member(parameters, "type"u8) is { ValueKind: not JsonValueKind.String } type
            ? throw OllamaError.WrongType($"{Path}.function.parameters.type", type, "string") : parameters;
    }
}
