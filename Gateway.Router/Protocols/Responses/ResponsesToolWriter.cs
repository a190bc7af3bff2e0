using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Writes tools, the choice among them, and whether several may be called.</summary>
internal static class ResponsesToolWriter
{
    private const int MaxNameLength = 64;

    /// <summary>The name as OpenAI takes it.</summary>
    public static string NameOf(string name, Translation translation) => translation.ToolNames.ToUpstream(name, static character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-', MaxNameLength);

    public static void Write(Translation translation, Utf8JsonWriter json)
    {
        var request = translation.Request;
        if (request.Tools.Count == 0)
        {
            // A choice without tools is refused, and means nothing.
            return;
        }

        json.WriteStartArray("tools"u8);
        foreach (var tool in request.Tools)
        {
            WriteTool(tool, translation, json);
        }

        json.WriteEndArray();
        WriteChoice(request.ToolChoice, translation, json);
        if (request.ParallelToolCalls is { } parallel)
        {
            json.WriteBoolean("parallel_tool_calls"u8, parallel);
        }
    }

    private static void WriteTool(NeutralTool tool, Translation translation, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, tool.IsCustom ? "custom"u8 : "function"u8);
        json.WriteString("name"u8, NameOf(tool.Name, translation));
        if (tool.Description is { } description)
        {
            json.WriteString("description"u8, description);
        }

        if (!tool.IsCustom)
        {
            json.WritePropertyName("parameters"u8);
            WriteSchema(tool.Parameters, json);

            // Unlike chat, responses are strict where nothing is said, and refuse schemas that are not.
            json.WriteBoolean("strict"u8, tool.Strict ?? false);
        }

        json.WriteEndObject();
    }

    private static void WriteSchema(JsonElement? schema, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (schema is not { ValueKind: JsonValueKind.Object } given || !given.TryGetProperty("type", out _))
        {
            json.WriteString("type"u8, "object"u8);
        }

        if (schema is { ValueKind: JsonValueKind.Object } members)
        {
            foreach (var member in members.EnumerateObject())
            {
                member.WriteTo(json);
            }
        }
        else
        {
            json.WriteStartObject("properties"u8);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteChoice(NeutralToolChoice? choice, Translation translation, Utf8JsonWriter json)
    {
        switch (choice)
        {
            case null:
                break;
            case { Mode: ToolChoiceMode.Named, Names: [var name] }:
                json.WriteStartObject("tool_choice"u8);
                WriteNamed(name, translation, json);
                json.WriteEndObject();
                break;
            case { Mode: not ToolChoiceMode.None, Names: { } names }:
                json.WriteStartObject("tool_choice"u8);
                json.WriteString("type"u8, "allowed_tools"u8);
                json.WriteString("mode"u8, choice.Mode == ToolChoiceMode.Auto ? "auto"u8 : "required"u8);
                json.WriteStartArray("tools"u8);
                foreach (var allowed in names)
                {
                    json.WriteStartObject();
                    WriteNamed(allowed, translation, json);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
                break;
            default:
                json.WriteString("tool_choice"u8, choice.Mode switch
                {
                    ToolChoiceMode.None => "none"u8,
                    ToolChoiceMode.Any => "required"u8,
                    _ => "auto"u8,
                });
                break;
        }
    }

    private static void WriteNamed(string name, Translation translation, Utf8JsonWriter json)
    {
        var isCustom = false;
        foreach (var tool in translation.Request.Tools)
        {
            isCustom |= tool.IsCustom && tool.Name == name;
        }

        json.WriteString("type"u8, isCustom ? "custom"u8 : "function"u8);
        json.WriteString("name"u8, NameOf(name, translation));
    }
}
