using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Reads tools and what the model may do with them.</summary>
internal static class ToolReader
{
    public static void ReadTools(JsonElement tools, NeutralRequest request)
    {
        var index = 0;
        foreach (var tool in AnthropicFields.List(tools, new SourcePath("tools")).EnumerateArray())
        {
            var path = new SourcePath("tools", index++);
            AnthropicFields.Object(tool, path);
            var type = AnthropicFields.OptionalText(tool, "type"u8, path.At("type"));
            if (type is not (null or "custom"))
            {
                // Runs at Anthropic.
                request.Foreign.Add(new ForeignField(path.At("type"), ChangesAnswer: true));
                continue;
            }

            request.Tools.Add(ReadTool(tool, path, request.Foreign));
        }
    }

    public static void ReadChoice(JsonElement choice, NeutralRequest request)
    {
        var path = new SourcePath("tool_choice");
        AnthropicFields.Object(choice, path);
        request.ToolChoice = AnthropicFields.RequiredText(choice, "type"u8, path.At("type")) switch
        {
            "auto" => new NeutralToolChoice(ToolChoiceMode.Auto),
            "any" => new NeutralToolChoice(ToolChoiceMode.Any),
            "none" => new NeutralToolChoice(ToolChoiceMode.None),
            "tool" => new NeutralToolChoice(ToolChoiceMode.Named, [AnthropicFields.RequiredText(choice, "name"u8, path.At("name"))]),
            _ => throw AnthropicFields.Wrong(path.At("type"), "one of auto, any, tool and none"),
        };
        if (AnthropicFields.OptionalFlag(choice, "disable_parallel_tool_use"u8, path.At("disable_parallel_tool_use")) is { } oneAtATime)
        {
            request.ParallelToolCalls = !oneAtATime;
        }
    }

    private static NeutralTool ReadTool(JsonElement tool, SourcePath path, List<ForeignField> foreign)
    {
        JsonElement? schema = null;
        foreach (var member in tool.EnumerateObject())
        {
            if (AnthropicFields.IsNull(member.Value))
            {
                continue;
            }

            switch (member.Name)
            {
                case "type" or "name" or "description" or "strict" or "cache_control":
                    break;
                case "input_schema":
                    schema = AnthropicFields.Object(member.Value, path.At("input_schema"));
                    break;
                default:
                    foreign.Add(new ForeignField(path.At(member.Name), ChangesAnswer: false));
                    break;
            }
        }

        var name = AnthropicFields.RequiredText(tool, "name"u8, path.At("name"));
        return new NeutralTool(
            name.Length > 0 ? name : throw AnthropicFields.Wrong(path.At("name"), "a string that is not empty"),
            AnthropicFields.OptionalText(tool, "description"u8, path.At("description")), schema, AnthropicFields.OptionalFlag(tool, "strict"u8, path.At("strict")), path)
        {
            Cache = ContentReader.CacheOf(tool, path),
        };
    }
}
