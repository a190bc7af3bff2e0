using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>Which tools are declared and which must be called.</summary>
internal sealed class BedrockTools
{
    private const string OutputToolName = "json";

    private readonly Translation _translation;
    private readonly List<NeutralTool> _tools = [];
    private readonly NeutralOutput? _output;
    private readonly ToolChoiceMode _choice;
    private readonly string? _named;

    public BedrockTools(Translation translation, BedrockTalk talk, NeutralOutput? emulated)
    {
        _translation = translation;
        var request = translation.Request;
        var choice = request.ToolChoice;
        _choice = choice?.Mode ?? ToolChoiceMode.Auto;
        _named = _choice == ToolChoiceMode.Named ? choice!.Names?[0] : null;
        Collect(request, choice, talk);
        _choice = _tools.Count == 0 ? ToolChoiceMode.Auto : _choice;
        if (request.ParallelToolCalls == false && request.Tools.Count > 0)
        {
            translation.Drop(NeutralField.ParallelToolCalls);
        }

        if (emulated is not null && _choice is ToolChoiceMode.Auto or ToolChoiceMode.None)
        {
            // With a call demanded the turn is that call, and its text needs no schema.
            _output = emulated;
            translation.OutputTool = UnusedName();
            _choice = _tools.Count == 0 || _choice == ToolChoiceMode.None ? ToolChoiceMode.Named : ToolChoiceMode.Any;
            _named = _choice == ToolChoiceMode.Named ? translation.OutputTool : null;
        }
    }

    /// <summary>A call of some tool is demanded.</summary>
    public bool IsForced => _choice is ToolChoiceMode.Any or ToolChoiceMode.Named;

    public void Write(Utf8JsonWriter json, BedrockCache cache)
    {
        if (_tools.Count == 0 && _output is null)
        {
            return;
        }

        json.WriteStartObject("toolConfig"u8);
        json.WriteStartArray("tools"u8);
        foreach (var tool in _tools)
        {
            WriteTool(json, tool);
            cache.Write(json, tool.Cache);
        }

        if (_output is { } output)
        {
            WriteTool(json, new NeutralTool(_translation.OutputTool!, output.Description ?? "Gives the answer.", output.Schema, null, output.Path), isOurs: true);
        }

        json.WriteEndArray();
        if (IsForced)
        {
            json.WriteStartObject("toolChoice"u8);
            json.WriteStartObject(_choice == ToolChoiceMode.Any ? "any"u8 : "tool"u8);
            if (_named is not null)
            {
                json.WriteString("name"u8, _named == _translation.OutputTool ? _named : BedrockBlocks.NameOf(_translation, _named));
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private void Collect(NeutralRequest request, NeutralToolChoice? choice, BedrockTalk talk)
    {
        if (_choice == ToolChoiceMode.None && talk.HasCalls && request.Tools.Count > 0)
        {
            // A talk with calls is refused without declared tools: they stay, and the model is free.
            if (_translation.Traits.StrictTools)
            {
                var name = _translation.NameOf(NeutralField.ToolChoice);
                TranslationNotes.Reject(name, $"'{name}' cannot be \"none\" in a talk with tool calls: the provider of this model always lets the model choose.");
            }

            _translation.Adapt(NeutralField.ToolChoice);
        }
        else if (_choice == ToolChoiceMode.None)
        {
            return;
        }

        var allowed = _choice == ToolChoiceMode.Named ? null : choice?.Names;
        foreach (var tool in request.Tools)
        {
            if (allowed is null || allowed.Contains(tool.Name))
            {
                _tools.Add(tool);
            }
        }

        if (_tools.Count == 0 && talk.HasCalls)
        {
            DeclareFromHistory(talk);
        }
    }

    private void DeclareFromHistory(BedrockTalk talk)
    {
        _translation.Adapt(NeutralField.Tools);
        foreach (var turn in talk.Turns)
        {
            foreach (var part in turn.Parts)
            {
                if (part is ToolCallPart call && !_tools.Exists(tool => tool.Name == call.Name))
                {
                    _tools.Add(new NeutralTool(call.Name, null, null, null, call.Path));
                }
            }
        }
    }

    private string UnusedName()
    {
        var name = OutputToolName;
        while (_tools.Exists(tool => tool.Name == name))
        {
            name += "_";
        }

        return name;
    }

    private void WriteTool(Utf8JsonWriter json, NeutralTool tool, bool isOurs = false)
    {
        if (tool.Strict == true)
        {
            _translation.Notes.Drop(tool.Path.At("strict"));
        }

        if (tool.IsCustom)
        {
            _translation.Notes.Adapt(tool.Path);
        }

        json.WriteStartObject();
        json.WriteStartObject("toolSpec"u8);
        json.WriteString("name"u8, isOurs ? tool.Name : BedrockBlocks.NameOf(_translation, tool.Name));
        if (!string.IsNullOrWhiteSpace(tool.Description))
        {
            json.WriteString("description"u8, tool.Description);
        }

        json.WriteStartObject("inputSchema"u8);
        json.WritePropertyName("json"u8);
        ToolJson.WriteSchema(json, tool);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
