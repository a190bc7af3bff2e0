using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Reads <c>tools</c> and <c>tool_choice</c>. Tools that OpenAI itself runs are refused: nobody else can.</summary>
internal static class ResponsesToolReader
{
    private static readonly SourcePath ChoicePath = new("tool_choice");

    /// <param name="customTools">Names of the tools whose argument is plain text; null when there are none.</param>
    public static void ReadTools(JsonElement body, NeutralRequest request, TranslationNotes notes, out HashSet<string>? customTools)
    {
        customTools = null;
        if (!ResponsesFields.TryGetList(body, "tools", new SourcePath("tools"), out var tools))
        {
            return;
        }

        var index = 0;
        foreach (var tool in tools.EnumerateArray())
        {
            var path = new SourcePath("tools", index++);
            ResponsesFields.MustBeObject(tool, path);
            switch (ResponsesFields.RequiredString(tool, "type", path.At("type")))
            {
                case "function":
                    request.Tools.Add(ReadFunction(tool, path, request));
                    break;
                case "custom":
                    var custom = ReadCustom(tool, path, request);
                    (customTools ??= new HashSet<string>(StringComparer.Ordinal)).Add(custom.Name);
                    request.Tools.Add(custom);
                    notes.Adapt(path);
                    break;
                case var type:
                    TranslationNotes.Reject(path.At("type"), $"{path.At("type")}: tools of type '{type}' run at OpenAI, and this model is served by a provider without them. Declare a tool of type 'function', or ask for a model of OpenAI.");
                    break;
            }
        }
    }

    public static NeutralToolChoice? ReadChoice(JsonElement body)
    {
        if (!ResponsesFields.TryGet(body, "tool_choice", out var choice))
        {
            return null;
        }

        if (choice.ValueKind == JsonValueKind.String)
        {
            return new NeutralToolChoice(ReadMode(choice.GetString(), ChoicePath, "none, auto, required or an object"));
        }

        ResponsesFields.MustBeObject(choice, ChoicePath);
        switch (ResponsesFields.RequiredString(choice, "type", ChoicePath.At("type")))
        {
            case "function" or "custom":
                return new NeutralToolChoice(ToolChoiceMode.Named, [ResponsesFields.RequiredString(choice, "name", ChoicePath.At("name"))]);
            case "allowed_tools":
                var mode = ReadMode(ResponsesFields.OptionalString(choice, "mode", ChoicePath.At("mode")) ?? "auto", ChoicePath.At("mode"), "auto or required");
                return new NeutralToolChoice(mode, ReadAllowed(choice));
            case var type:
                TranslationNotes.Reject(ChoicePath.At("type"), $"tool_choice.type '{type}' asks for a tool that runs at OpenAI, and this model is served by a provider without it. Choose a function.");
                return null;
        }
    }

    private static ToolChoiceMode ReadMode(string? mode, SourcePath path, string expected) => mode switch
    {
        "auto" => ToolChoiceMode.Auto,
        "required" => ToolChoiceMode.Any,
        "none" when path.Member is null => ToolChoiceMode.None,
        _ => throw ResponsesFields.Wrong(path, expected),
    };

    private static List<string> ReadAllowed(JsonElement choice)
    {
        if (!ResponsesFields.TryGetList(choice, "tools", ChoicePath.At("tools"), out var tools))
        {
            throw ResponsesFields.Missing(ChoicePath.At("tools"), "a list");
        }

        var names = new List<string>();
        foreach (var tool in tools.EnumerateArray())
        {
            var path = new SourcePath("tool_choice", Inner: "tools", InnerIndex: names.Count);
            ResponsesFields.MustBeObject(tool, path);
            if (ResponsesFields.RequiredString(tool, "type", path.At("type")) is var type and not ("function" or "custom"))
            {
                TranslationNotes.Reject(path.At("type"), $"{path.At("type")} allows a tool of type '{type}', which runs at OpenAI; this model is served by a provider without it.");
            }

            names.Add(ResponsesFields.RequiredString(tool, "name", path.At("name")));
        }

        return names;
    }

    private static NeutralTool ReadFunction(JsonElement tool, SourcePath path, NeutralRequest request)
    {
        var parameters = ResponsesFields.TryGetObject(tool, "parameters", path.At("parameters"), out var schema) ? schema : (JsonElement?)null;
        var read = new NeutralTool(
            ResponsesFields.RequiredString(tool, "name", path.At("name")), ResponsesFields.OptionalString(tool, "description", path.At("description")),
            parameters, ResponsesFields.OptionalBool(tool, "strict", path.At("strict")), path);
        AddForeign(tool, path, request, "name", "description", "parameters", "strict");
        return read;
    }

    private static NeutralTool ReadCustom(JsonElement tool, SourcePath path, NeutralRequest request)
    {
        if (ResponsesFields.TryGetObject(tool, "format", path.At("format"), out var format)
            && ResponsesFields.RequiredString(format, "type", path.At("format.type")) != "text")
        {
            // A grammar promises that the input parses: without it the caller gets something else.
            request.Foreign.Add(new ForeignField(path.At("format"), ChangesAnswer: true));
        }

        AddForeign(tool, path, request, "name", "description", "format", "format");
        return new NeutralTool(
            ResponsesFields.RequiredString(tool, "name", path.At("name")), ResponsesFields.OptionalString(tool, "description", path.At("description")), null, null, path)
        { IsCustom = true };
    }

    private static void AddForeign(JsonElement tool, SourcePath path, NeutralRequest request, string first, string second, string third, string fourth)
    {
        foreach (var member in tool.EnumerateObject())
        {
            var isKnown = member.NameEquals("type") || member.NameEquals(first) || member.NameEquals(second) || member.NameEquals(third) || member.NameEquals(fourth);
            if (!isKnown && member.Value.ValueKind != JsonValueKind.Null)
            {
                request.Foreign.Add(new ForeignField(path.At(member.Name), ChangesAnswer: false));
            }
        }
    }
}
