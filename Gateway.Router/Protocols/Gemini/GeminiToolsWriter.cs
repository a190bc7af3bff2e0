using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Writes <c>tools</c> and <c>toolConfig</c>.</summary>
internal sealed class GeminiToolsWriter(Translation translation, Utf8JsonWriter json, GeminiModel model)
{
    private const int MaxName = 64;

    private readonly NeutralRequest _request = translation.Request;
    private bool _wroteTools;

    /// <summary>A tool's name as Gemini takes it.</summary>
    public static string NameOf(Translation translation, string name) =>
        translation.ToolNames.ToUpstream(
            name, static character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-' or '.' or ':', MaxName, static character => char.IsAsciiLetter(character) || character == '_');

    public void Write()
    {
        if (_request.Tools.Count == 0)
        {
            return;
        }

        // Gemini takes a choice of tools only where it must call one: with a free choice the others are left out.
        var only = _request.ToolChoice is { Mode: ToolChoiceMode.Auto, Names: { } names } ? names : null;
        foreach (var tool in _request.Tools)
        {
            if (only is not null && !Contains(only, tool.Name))
            {
                continue;
            }

            if (!_wroteTools)
            {
                _wroteTools = true;
                json.WriteStartArray("tools"u8);
                json.WriteStartObject();
                json.WriteStartArray("functionDeclarations"u8);
            }

            WriteTool(tool);
        }

        if (_wroteTools)
        {
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
        }
    }

    public void WriteChoice()
    {
        // A choice without tools is refused.
        if (!_wroteTools || _request.ToolChoice is not { } choice)
        {
            return;
        }

        json.WriteStartObject("toolConfig"u8);
        json.WriteStartObject("functionCallingConfig"u8);
        json.WriteString("mode"u8, choice.Mode switch
        {
            ToolChoiceMode.Auto => "AUTO"u8,
            ToolChoiceMode.Any or ToolChoiceMode.Named => "ANY"u8,
            ToolChoiceMode.None => "NONE"u8,
        });
        if (choice is { Mode: ToolChoiceMode.Any or ToolChoiceMode.Named, Names: { } names })
        {
            json.WriteStartArray("allowedFunctionNames"u8);
            foreach (var name in names)
            {
                json.WriteStringValue(NameOf(translation, name));
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteTool(NeutralTool tool)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, NameOf(translation, tool.Name));
        if (tool.Description is not null)
        {
            json.WriteString("description"u8, tool.Description);
        }

        if (tool.Strict == true)
        {
            translation.Notes.Drop(tool.Path.At("strict"));
        }

        if (tool.IsCustom)
        {
            translation.Notes.Adapt(tool.Path);
            json.WritePropertyName(model.HasJsonSchema ? "parametersJsonSchema"u8 : "parameters"u8);
            json.WriteRawValue("""{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}"""u8, skipInputValidation: true);
        }
        else if (tool.Parameters is { ValueKind: JsonValueKind.Object } parameters)
        {
            WriteParameters(tool, parameters);
        }

        json.WriteEndObject();
    }

    private void WriteParameters(NeutralTool tool, JsonElement parameters)
    {
        if (model.HasJsonSchema)
        {
            json.WritePropertyName("parametersJsonSchema"u8);
            GeminiSchema.WriteWithType(parameters, json);
        }
        else if (GeminiSchema.HasProperties(parameters))
        {
            // The oldest models refuse an object without properties; none at all means the same.
            json.WritePropertyName("parameters"u8);
            GeminiSchema.WriteCleaned(parameters, tool.Path.At("parameters"), json);
        }
    }

    private static bool Contains(IReadOnlyList<string> names, string name)
    {
        foreach (var known in names)
        {
            if (string.Equals(known, name, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
