using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Writes tools and the choice among them.</summary>
internal static class OpenAIToolWriter
{
    public const int MaxName = 64;

    /// <summary>The one argument of a custom tool that is written as a function.</summary>
    private static ReadOnlySpan<byte> CustomSchema => """{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}"""u8;

    public static bool IsLegal(char character) => char.IsAsciiLetterOrDigit(character) || character is '_' or '-';

    public static void Write(Translation translation, Utf8JsonWriter json)
    {
        var request = translation.Request;
        var choice = request.ToolChoice;
        if (request.Tools.Count == 0)
        {
            // OpenAI refuses an empty list, and a choice without a list.
            if (choice is { Mode: ToolChoiceMode.Any or ToolChoiceMode.Named })
            {
                translation.Drop(NeutralField.ToolChoice);
            }

            return;
        }

        // Only OpenAI itself knows allowed_tools; for the others the rest of the tools is left out, which allows the same.
        var filters = !translation.Traits.DeveloperRole && choice is { Names: not null, Mode: ToolChoiceMode.Auto or ToolChoiceMode.Any };
        Check(translation, choice);
        json.WriteStartArray("tools"u8);
        foreach (var tool in request.Tools)
        {
            if (!filters || Contains(choice!.Names!, tool.Name))
            {
                WriteTool(translation, tool, json);
            }
        }

        json.WriteEndArray();
        if (choice is not null)
        {
            WriteChoice(translation, choice, filters, json);
        }

        if (request.ParallelToolCalls is { } parallel)
        {
            json.WriteBoolean("parallel_tool_calls"u8, parallel);
        }
    }

    public static string NameOf(Translation translation, string name) => translation.ToolNames.ToUpstream(name, IsLegal, MaxName);

    /// <summary>A choice among tools that are not there would leave an empty list behind.</summary>
    private static void Check(Translation translation, NeutralToolChoice? choice)
    {
        for (var i = 0; choice?.Names is { } names && i < names.Count; i++)
        {
            if (!Contains(translation.Request.Tools, names[i]))
            {
                var field = translation.NameOf(NeutralField.ToolChoice);
                TranslationNotes.Reject(field, $"'{field}' names the tool '{names[i]}', which is not among the tools of the request.");
            }
        }
    }

    private static bool Contains(List<NeutralTool> tools, string name)
    {
        foreach (var tool in tools)
        {
            if (tool.Name == name)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Contains(IReadOnlyList<string> names, string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
            {
                return true;
            }
        }

        return false;
    }

    private static void WriteTool(Translation translation, NeutralTool tool, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "function"u8);
        json.WriteStartObject("function"u8);
        json.WriteString("name"u8, NameOf(translation, tool.Name));
        if (tool.Description is { } description)
        {
            json.WriteString("description"u8, description);
        }

        json.WritePropertyName("parameters"u8);
        if (tool.IsCustom)
        {
            translation.Notes.Adapt(tool.Path);
            json.WriteRawValue(CustomSchema, skipInputValidation: true);
        }
        else
        {
            WriteSchema(tool.Parameters, json);
        }

        if (tool.Strict is { } strict)
        {
            json.WriteBoolean("strict"u8, strict);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>A root without a type is an object: the arguments of a function are nothing else.</summary>
    private static void WriteSchema(JsonElement? schema, Utf8JsonWriter json)
    {
        if (schema is not { ValueKind: JsonValueKind.Object } given)
        {
            json.WriteRawValue("""{"type":"object","properties":{}}"""u8, skipInputValidation: true);
            return;
        }

        if (given.TryGetProperty("type"u8, out _))
        {
            given.WriteTo(json);
            return;
        }

        json.WriteStartObject();
        json.WriteString("type"u8, "object"u8);
        foreach (var member in given.EnumerateObject())
        {
            member.WriteTo(json);
        }

        json.WriteEndObject();
    }

    private static void WriteChoice(Translation translation, NeutralToolChoice choice, bool isFiltered, Utf8JsonWriter json)
    {
        switch (choice.Mode)
        {
            case ToolChoiceMode.Named:
                json.WriteStartObject("tool_choice"u8);
                WriteFunction(translation, choice.Names![0], json);
                json.WriteEndObject();
                break;
            case ToolChoiceMode.Auto or ToolChoiceMode.Any when choice.Names is { } names && !isFiltered:
                json.WriteStartObject("tool_choice"u8);
                json.WriteString("type"u8, "allowed_tools"u8);
                json.WriteStartObject("allowed_tools"u8);
                json.WriteString("mode"u8, choice.Mode == ToolChoiceMode.Any ? "required"u8 : "auto"u8);
                json.WriteStartArray("tools"u8);
                for (var i = 0; i < names.Count; i++)
                {
                    json.WriteStartObject();
                    WriteFunction(translation, names[i], json);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default:
                json.WriteString("tool_choice"u8, choice.Mode switch
                {
                    ToolChoiceMode.Any => "required"u8,
                    ToolChoiceMode.None => "none"u8,
                    _ => "auto"u8,
                });
                break;
        }
    }

    private static void WriteFunction(Translation translation, string name, Utf8JsonWriter json)
    {
        json.WriteString("type"u8, "function"u8);
        json.WriteStartObject("function"u8);
        json.WriteString("name"u8, NameOf(translation, name));
        json.WriteEndObject();
    }
}
