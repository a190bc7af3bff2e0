using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Reads tools, the choice among them, and the functions that stood in their place before.</summary>
internal static class OpenAIToolReader
{
    /// <summary>Adds the tools; a hosted one is refused: no other provider runs it.</summary>
    public static void Read(JsonElement tools, NeutralRequest request)
    {
        OpenAIField.List(tools, new SourcePath("tools"));
        var index = 0;
        foreach (var tool in tools.EnumerateArray())
        {
            var path = new SourcePath("tools", index++);
            OpenAIField.Object(tool, path);
            var type = OpenAIField.Text(OpenAIField.Member(tool, "type"u8), path.At("type"));
            request.Tools.Add(type switch
            {
                "function" => ReadFunction(OpenAIField.Object(OpenAIField.Member(tool, "function"u8), path.At("function")), "function.", path),
                "custom" => ReadCustom(OpenAIField.Object(OpenAIField.Member(tool, "custom"u8), path.At("custom")), path),
                _ => throw OpenAIField.Invalid(path.At("type"), $"'{path.At("type")}' is '{type}', a tool that only its own provider runs. Declare a function, or ask for a model of that provider."),
            });
        }
    }

    public static void ReadFunctions(JsonElement functions, NeutralRequest request)
    {
        OpenAIField.List(functions, new SourcePath("functions"));
        var index = 0;
        foreach (var function in functions.EnumerateArray())
        {
            var path = new SourcePath("functions", index++);
            request.Tools.Add(ReadFunction(OpenAIField.Object(function, path), "", path));
        }
    }

    /// <summary>Reads <c>tool_choice</c>: a word, one tool, or some of them.</summary>
    public static NeutralToolChoice ReadChoice(JsonElement choice)
    {
        var path = new SourcePath("tool_choice");
        if (choice.ValueKind == JsonValueKind.String)
        {
            return ReadMode(choice, path);
        }

        if (choice.ValueKind != JsonValueKind.Object)
        {
            throw OpenAIField.Wrong(path, "none, auto, required or an object");
        }

        var type = OpenAIField.Text(OpenAIField.Member(choice, "type"u8), path.At("type"));
        return type switch
        {
            "function" or "custom" => new NeutralToolChoice(ToolChoiceMode.Named, [ReadName(choice, type, path)]),
            "allowed_tools" => ReadAllowed(OpenAIField.Object(OpenAIField.Member(choice, "allowed_tools"u8), path.At("allowed_tools"))),
            _ => throw OpenAIField.Wrong(path.At("type"), "function, custom or allowed_tools"),
        };
    }

    /// <summary>Reads <c>function_call</c> of the request: none, auto, or the one to call.</summary>
    public static NeutralToolChoice ReadFunctionChoice(JsonElement choice)
    {
        var path = new SourcePath("function_call");
        return choice.ValueKind == JsonValueKind.String
            ? ReadMode(choice, path)
            : new NeutralToolChoice(ToolChoiceMode.Named, [OpenAIField.Text(OpenAIField.Member(OpenAIField.Object(choice, path), "name"u8), path.At("name"))]);
    }

    private static NeutralToolChoice ReadMode(JsonElement mode, SourcePath path) => OpenAIField.Text(mode, path) switch
    {
        "none" => new NeutralToolChoice(ToolChoiceMode.None),
        "auto" => new NeutralToolChoice(ToolChoiceMode.Auto),
        "required" => new NeutralToolChoice(ToolChoiceMode.Any),
        _ => throw OpenAIField.Wrong(path, "none, auto, required or an object"),
    };

    private static NeutralToolChoice ReadAllowed(JsonElement allowed)
    {
        var path = new SourcePath("tool_choice.allowed_tools");
        var mode = ReadMode(OpenAIField.Member(allowed, "mode"u8), path.At("mode"));
        var names = new List<string>();
        foreach (var tool in OpenAIField.List(OpenAIField.Member(allowed, "tools"u8), path.At("tools")).EnumerateArray())
        {
            var at = new SourcePath("tool_choice.allowed_tools.tools", names.Count);
            names.Add(ReadName(tool, OpenAIField.Text(OpenAIField.Member(OpenAIField.Object(tool, at), "type"u8), at.At("type")), at));
        }

        return names.Count == 0 ? throw OpenAIField.Wrong(path.At("tools"), "a list with at least one tool") : mode with { Names = names };
    }

    private static string ReadName(JsonElement parent, string type, SourcePath path)
    {
        var inner = type switch
        {
            "function" => OpenAIField.Member(parent, "function"u8),
            "custom" => OpenAIField.Member(parent, "custom"u8),
            _ => throw OpenAIField.Wrong(path.At("type"), "function or custom"),
        };
        return OpenAIField.Text(OpenAIField.Member(OpenAIField.Object(inner, path.At(type)), "name"u8), path.At(type + ".name"));
    }

    private static NeutralTool ReadFunction(JsonElement function, string prefix, SourcePath path)
    {
        var name = OpenAIField.Text(OpenAIField.Member(function, "name"u8), path.At(prefix + "name"));
        var schema = OpenAIField.OptionalObject(OpenAIField.Member(function, "parameters"u8), path.At(prefix + "parameters"));
        return new NeutralTool(
            name,
            OpenAIField.OptionalText(OpenAIField.Member(function, "description"u8), path.At(prefix + "description")),
            schema.ValueKind == JsonValueKind.Undefined ? null : schema,
            OpenAIField.OptionalFlag(OpenAIField.Member(function, "strict"u8), path.At(prefix + "strict")),
            path);
    }

    private static NeutralTool ReadCustom(JsonElement custom, SourcePath path)
    {
        var format = OpenAIField.OptionalObject(OpenAIField.Member(custom, "format"u8), path.At("custom.format"));
        var kind = OpenAIField.OptionalText(OpenAIField.Member(format, "type"u8), path.At("custom.format.type"));
        if (kind is not (null or "text"))
        {
            throw OpenAIField.Invalid(path.At("custom.format"), $"'{path.At("custom.format")}' is a grammar, which no other provider keeps to. Leave it out, or ask for a model of OpenAI.");
        }

        return new NeutralTool(
            OpenAIField.Text(OpenAIField.Member(custom, "name"u8), path.At("custom.name")),
            OpenAIField.OptionalText(OpenAIField.Member(custom, "description"u8), path.At("custom.description")),
            null, null, path)
        { IsCustom = true };
    }
}
