using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Writes the tools of a request and what the model may do with them.</summary>
internal sealed class ToolWriter
{
    private const int LongestName = 128;

    private readonly Translation _translation;
    private readonly List<NeutralTool> _tools = [];
    private readonly bool _emulatesOutput;

    /// <param name="emulatesOutput">The output format becomes the arguments of one more tool.</param>
    public ToolWriter(Translation translation, bool emulatesOutput)
    {
        _translation = translation;
        var names = translation.Request.ToolChoice?.Names;
        foreach (var tool in translation.Request.Tools)
        {
            // A choice among some tools is told by leaving out the others; a choice of one keeps them, as Anthropic can name it.
            if (names is null || translation.Request.ToolChoice!.Mode == ToolChoiceMode.Named || names.Contains(tool.Name))
            {
                _tools.Add(tool);
            }
        }

        _emulatesOutput = emulatesOutput && !(_tools.Count > 0 && translation.Request.ToolChoice?.Mode == ToolChoiceMode.Named);
        if (_emulatesOutput)
        {
            translation.OutputTool = FreeName();
        }
    }

    public int CountMarks()
    {
        var count = 0;
        foreach (var tool in _tools)
        {
            count += tool.Cache is null ? 0 : 1;
        }

        return count;
    }

    /// <summary>The name as the upstream takes it.</summary>
    public static string NameOf(Translation translation, string name) =>
        translation.ToolNames.ToUpstream(name, static character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-', LongestName);

    public void WriteTools(Utf8JsonWriter json, CacheMarks marks)
    {
        if (_tools.Count == 0 && !_emulatesOutput)
        {
            return;
        }

        json.WriteStartArray("tools"u8);
        foreach (var tool in _tools)
        {
            WriteTool(json, tool, marks);
        }

        if (_emulatesOutput)
        {
            var output = _translation.Request.Output!;
            json.WriteStartObject();
            json.WriteString("name"u8, _translation.OutputTool);
            json.WriteString("description"u8, output.Description ?? "Gives the final answer. Call it once, with the whole answer as its arguments.");
            json.WritePropertyName("input_schema"u8);
            ToolJson.WriteSchema(json, new NeutralTool(_translation.OutputTool!, null, output.Schema, null, output.Path));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <param name="thinks">Then a call cannot be forced.</param>
    public void WriteChoice(Utf8JsonWriter json, bool thinks)
    {
        var request = _translation.Request;
        if (_emulatesOutput)
        {
            WriteOutputChoice(json);
            return;
        }

        if (_tools.Count == 0 || (request.ToolChoice is null && request.ParallelToolCalls != false))
        {
            return;
        }

        var mode = request.ToolChoice?.Mode ?? ToolChoiceMode.Auto;
        if (thinks && mode is ToolChoiceMode.Any or ToolChoiceMode.Named)
        {
            if (_translation.Traits.StrictTools)
            {
                var field = _translation.NameOf(NeutralField.ToolChoice);
                TranslationNotes.Reject(field, $"'{field}' cannot force a call while the model thinks. Leave one of the two out.");
            }

            mode = ToolChoiceMode.Auto;
            _translation.Adapt(NeutralField.ToolChoice);
        }

        WriteChoice(json, mode, mode == ToolChoiceMode.Named ? NameOf(_translation, request.ToolChoice!.Names![0]) : null, request.ParallelToolCalls == false);
    }

    private void WriteOutputChoice(Utf8JsonWriter json)
    {
        // With tools of its own the client gets either a call of one of them or the answer, never bare text.
        var named = _tools.Count == 0 || _translation.Request.ToolChoice?.Mode == ToolChoiceMode.None;
        WriteChoice(json, named ? ToolChoiceMode.Named : ToolChoiceMode.Any, named ? _translation.OutputTool : null, named || _translation.Request.ParallelToolCalls == false);
    }

    private static void WriteChoice(Utf8JsonWriter json, ToolChoiceMode mode, string? name, bool oneAtATime)
    {
        json.WriteStartObject("tool_choice"u8);
        json.WriteString("type"u8, mode switch
        {
            ToolChoiceMode.Auto => "auto"u8,
            ToolChoiceMode.Any => "any"u8,
            ToolChoiceMode.Named => "tool"u8,
            ToolChoiceMode.None => "none"u8,
        });
        if (name is not null)
        {
            json.WriteString("name"u8, name);
        }

        if (oneAtATime && mode != ToolChoiceMode.None)
        {
            json.WriteBoolean("disable_parallel_tool_use"u8, true);
        }

        json.WriteEndObject();
    }

    private void WriteTool(Utf8JsonWriter json, NeutralTool tool, CacheMarks marks)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, NameOf(_translation, tool.Name));
        if (tool.Description is not null)
        {
            json.WriteString("description"u8, tool.Description);
        }

        json.WritePropertyName("input_schema"u8);
        var strict = tool.Strict == true && !tool.IsCustom;
        if (WriteSchema(json, tool, strict) || tool.IsCustom)
        {
            _translation.Notes.Adapt(tool.Path);
        }

        if (strict)
        {
            json.WriteBoolean("strict"u8, true);
        }

        marks.Write(json, tool.Cache);
        json.WriteEndObject();
    }

    /// <returns>Whether a rule of Anthropic's strict schemas was added.</returns>
    private static bool WriteSchema(Utf8JsonWriter json, NeutralTool tool, bool strict)
    {
        if (strict && tool.Parameters is { ValueKind: JsonValueKind.Object } schema)
        {
            return StrictSchema.Write(json, schema, isParameters: true);
        }

        if (strict)
        {
            json.WriteRawValue("""{"type":"object","properties":{},"additionalProperties":false}"""u8, skipInputValidation: true);
        }
        else
        {
            ToolJson.WriteSchema(json, tool);
        }

        return false;
    }

    private string FreeName()
    {
        var name = "json";
        while (_tools.Exists(tool => tool.Name == name))
        {
            name += "_output";
        }

        return name;
    }
}
