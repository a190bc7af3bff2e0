using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Writes a chat request for <c>/api/chat</c>.</summary>
internal static class OllamaRequestWriter
{
    public static void Write(Translation translation, Utf8JsonWriter json)
    {
        var request = translation.Request;
        Refuse(translation);
        json.WriteStartObject();
        json.WriteString("model"u8, translation.UpstreamModel);

        // Ollama streams unless it is told not to.
        json.WriteBoolean("stream"u8, request.Stream);
        WriteTools(translation, json);
        OllamaMessagesWriter.Write(translation, json);
        WriteFormat(request.Output, json);
        WriteThink(translation, json);
        OllamaOptionsWriter.Write(translation, json);
        json.WriteEndObject();
    }

    private static void Refuse(Translation translation)
    {
        var request = translation.Request;
        if (request.CandidateCount > 1)
        {
            var name = translation.NameOf(NeutralField.CandidateCount);
            TranslationNotes.Reject(name, $"'{name}' above 1 is not possible: the provider of this model gives one answer.");
        }

        if (request.Logprobs)
        {
            var name = translation.NameOf(NeutralField.Logprobs);
            TranslationNotes.Reject(name, $"'{name}' is not possible: the provider of this model gives no log probabilities.");
        }
    }

    private static void WriteTools(Translation translation, Utf8JsonWriter json)
    {
        var request = translation.Request;
        if (request.Tools.Count == 0)
        {
            return;
        }

        if (request.ParallelToolCalls == false)
        {
            translation.Drop(NeutralField.ParallelToolCalls);
        }

        var choice = request.ToolChoice;
        if (choice?.Mode == ToolChoiceMode.None)
        {
            return;
        }

        if (choice?.Mode is ToolChoiceMode.Any or ToolChoiceMode.Named)
        {
            AdaptChoice(translation);
        }

        // A named tool stands among the others, as with "auto"; only an allowed subset is one.
        var allowed = choice?.Mode == ToolChoiceMode.Named ? null : choice?.Names;
        var opened = false;
        foreach (var tool in request.Tools)
        {
            if (allowed is not null && !allowed.Contains(tool.Name))
            {
                continue;
            }

            if (!opened)
            {
                opened = true;
                json.WriteStartArray("tools"u8);
            }

            WriteTool(translation, tool, json);
        }

        if (opened)
        {
            json.WriteEndArray();
        }
    }

    private static void AdaptChoice(Translation translation)
    {
        if (translation.Traits.StrictTools)
        {
            var name = translation.NameOf(NeutralField.ToolChoice);
            TranslationNotes.Reject(name, $"'{name}' cannot be enforced: the provider of this model always lets the model choose. Use \"auto\" or \"none\".");
        }

        translation.Adapt(NeutralField.ToolChoice);
    }

    private static void WriteTool(Translation translation, NeutralTool tool, Utf8JsonWriter json)
    {
        if (tool.Strict == true)
        {
            translation.Notes.Drop(tool.Path.At("strict"));
        }

        if (tool.IsCustom)
        {
            translation.Notes.Adapt(tool.Path);
        }

        json.WriteStartObject();
        json.WriteString("type"u8, "function"u8);
        json.WriteStartObject("function"u8);
        json.WriteString("name"u8, tool.Name);
        if (tool.Description is not null)
        {
            json.WriteString("description"u8, tool.Description);
        }

        json.WritePropertyName("parameters"u8);
        ToolJson.WriteSchema(json, tool);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteFormat(NeutralOutput? output, Utf8JsonWriter json)
    {
        switch (output)
        {
            case { Kind: OutputKind.JsonSchema, Schema: { } schema }:
                json.WritePropertyName("format"u8);
                CompactJson.Write(json, schema);
                break;
            case not null:
                json.WriteString("format"u8, "json"u8);
                break;
        }
    }

    private static void WriteThink(Translation translation, Utf8JsonWriter json)
    {
        if (translation.Request.Reasoning is not { } reasoning)
        {
            return;
        }

        if (!translation.Traits.Reasoning)
        {
            if (reasoning.Mode != ReasoningMode.Off)
            {
                translation.Drop(NeutralField.Reasoning);
            }

            return;
        }

        switch (reasoning.Mode)
        {
            case ReasoningMode.Off:
                json.WriteBoolean("think"u8, false);
                break;
            case ReasoningMode.Auto:
                json.WriteBoolean("think"u8, true);
                break;
            case ReasoningMode.Effort:
                json.WriteString("think"u8, Level(translation, reasoning.Effort));
                break;
            case ReasoningMode.Budget:
                translation.Adapt(NeutralField.Reasoning);
                json.WriteString("think"u8, reasoning.Budget switch { <= 2048 => "low", <= 12288 => "medium", _ => "high" });
                break;
        }
    }

    private static string Level(Translation translation, string? effort)
    {
        var level = effort switch { "minimal" => "low", "xhigh" => "max", "low" or "medium" or "high" or "max" => effort, _ => "medium" };
        if (level != effort)
        {
            translation.Adapt(NeutralField.Reasoning);
        }

        return level;
    }
}
