using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Reads <c>tools</c> and <c>toolConfig</c>. Google's own tools (search, code, pages) run only at Google.</summary>
internal static class GeminiToolsReader
{
    public static void ReadTools(JsonElement value, NeutralRequest request)
    {
        var path = new SourcePath("tools");
        var index = 0;
        foreach (var tool in GeminiJson.List(value, path).EnumerateArray())
        {
            var at = path with { Index = index++ };
            foreach (var member in GeminiJson.Object(tool, at).EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.Null)
                {
                    continue;
                }

                if (GeminiJson.Camel(member.Name) == "functionDeclarations")
                {
                    ReadFunctions(member.Value, at, member.Name, request);
                }
                else
                {
                    request.Foreign.Add(new ForeignField(at.At(member.Name), ChangesAnswer: true));
                }
            }
        }
    }

    public static void ReadConfig(JsonElement value, NeutralRequest request)
    {
        var path = new SourcePath("toolConfig");
        foreach (var member in GeminiJson.Object(value, path).EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            if (GeminiJson.Camel(member.Name) == "functionCallingConfig")
            {
                ReadCalling(member.Value, request);
            }
            else
            {
                request.Foreign.Add(new ForeignField(path.At(member.Name), ChangesAnswer: false));
            }
        }
    }

    private static void ReadFunctions(JsonElement list, SourcePath tool, string name, NeutralRequest request)
    {
        var index = 0;
        foreach (var function in GeminiJson.List(list, tool.At(name)).EnumerateArray())
        {
            var path = tool with { Inner = name, InnerIndex = index++ };
            request.Tools.Add(ReadFunction(GeminiJson.Object(function, path), path, request));
        }
    }

    private static NeutralTool ReadFunction(JsonElement function, SourcePath path, NeutralRequest request)
    {
        string? name = null;
        string? description = null;
        JsonElement? parameters = null;
        foreach (var member in function.EnumerateObject())
        {
            var at = path.At(member.Name);
            switch (GeminiJson.Camel(member.Name), member.Value.ValueKind)
            {
                case (_, JsonValueKind.Null):
                    break;
                case ("name", _):
                    name = GeminiJson.Text(member.Value, at);
                    break;
                case ("description", _):
                    description = GeminiJson.Text(member.Value, at);
                    break;
                case ("parameters", _):
                    parameters = OpenApiSchema.ToJsonSchema(GeminiJson.Object(member.Value, at));
                    break;
                case ("parametersJsonSchema", _):
                    parameters = GeminiJson.Object(member.Value, at);
                    break;
                default:
                    // What the function gives back, and how it waits.
                    request.Foreign.Add(new ForeignField(at, ChangesAnswer: false));
                    break;
            }
        }

        return string.IsNullOrEmpty(name) ? throw GeminiJson.Bad(path.At("name"), $"{path.At("name")} is missing.") : new NeutralTool(name, description, parameters, null, path);
    }

    private static void ReadCalling(JsonElement value, NeutralRequest request)
    {
        const string Name = "functionCallingConfig";
        var path = new SourcePath("toolConfig", Member: Name);
        var mode = "";
        List<string>? names = null;
        foreach (var member in GeminiJson.Object(value, path).EnumerateObject())
        {
            var at = path.At($"{Name}.{member.Name}");
            switch (GeminiJson.Camel(member.Name), member.Value.ValueKind)
            {
                case (_, JsonValueKind.Null):
                    break;
                case ("mode", _):
                    mode = GeminiJson.Text(member.Value, at).ToUpperInvariant();
                    break;
                case ("allowedFunctionNames", _):
                    foreach (var name in GeminiJson.List(member.Value, at).EnumerateArray())
                    {
                        (names ??= []).Add(GeminiJson.Text(name, at));
                    }

                    break;
                default:
                    request.Foreign.Add(new ForeignField(at, ChangesAnswer: false));
                    break;
            }
        }

        request.ToolChoice = mode switch
        {
            "AUTO" => new NeutralToolChoice(ToolChoiceMode.Auto, names),

            // A free choice whose calls fit their schemas; others promise that per tool, if at all.
            "VALIDATED" => new NeutralToolChoice(ToolChoiceMode.Auto, names),
            "ANY" => new NeutralToolChoice(names is { Count: 1 } ? ToolChoiceMode.Named : ToolChoiceMode.Any, names),
            "NONE" => new NeutralToolChoice(ToolChoiceMode.None),
            "" or "MODE_UNSPECIFIED" => null,
            _ => throw GeminiJson.Wrong(path.At($"{Name}.mode"), "AUTO, ANY, NONE or VALIDATED"),
        };
    }
}
