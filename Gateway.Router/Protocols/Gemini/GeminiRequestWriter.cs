using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Writes a chat request for Gemini, or the one that counts it. For one request.</summary>
internal sealed class GeminiRequestWriter(Translation translation, Utf8JsonWriter json, bool isVertex, ThoughtSignatures signatures)
{
    private readonly NeutralRequest _request = translation.Request;
    private readonly GeminiModel _model = GeminiModel.Parse(translation.UpstreamModel);

    public void Write(LlmOperation operation)
    {
        var counts = operation == LlmOperation.GeminiCountTokens;
        json.WriteStartObject();
        if (counts && !isVertex)
        {
            json.WriteStartObject("generateContentRequest"u8);
            json.WriteString("model"u8, "models/" + translation.UpstreamModel);
        }

        WriteSystem();
        new GeminiContentsWriter(translation, json, _model, isVertex, signatures).Write();
        var tools = new GeminiToolsWriter(translation, json, _model);
        tools.Write();
        if (!counts)
        {
            tools.WriteChoice();
            new GeminiConfigWriter(translation, json, _model).Write();
            WriteRest();
        }

        if (counts && !isVertex)
        {
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private void WriteSystem()
    {
        var isOpen = false;
        foreach (var part in _request.System)
        {
            WriteSystemPart(part, ref isOpen);
        }

        if (translation.Traits.MidSystem == MidSystemMode.Hoist)
        {
            foreach (var turn in _request.Turns)
            {
                if (turn.Role != NeutralRole.System)
                {
                    continue;
                }

                translation.Notes.Adapt(turn.Path.At("role"));
                foreach (var part in turn.Parts)
                {
                    WriteSystemPart(part, ref isOpen);
                }
            }
        }

        if (isOpen)
        {
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }

    private void WriteSystemPart(NeutralPart part, ref bool isOpen)
    {
        if (part is not TextPart text)
        {
            TranslationNotes.Reject(part.Path, "Instructions for this model can hold only text.");
            return;
        }

        if (text.Text.Length == 0)
        {
            return;
        }

        if (!isOpen)
        {
            isOpen = true;
            json.WriteStartObject("systemInstruction"u8);
            json.WriteStartArray("parts"u8);
        }

        json.WriteStartObject();
        json.WriteString("text"u8, text.Text);
        json.WriteEndObject();
    }

    private void WriteRest()
    {
        WriteTier();
        if (isVertex)
        {
            GeminiLabels.Write(translation, json);
        }
        else
        {
            DropIf(_request.EndUser is not null, NeutralField.EndUser);
            DropIf(_request.Metadata is not null, NeutralField.Metadata);
        }

        DropIf(_request.LogitBias is not null, NeutralField.LogitBias);
        DropIf(_request.Verbosity is not null, NeutralField.Verbosity);
        DropIf(_request.Store is not null, NeutralField.Store);
        DropIf(_request.PromptCacheKey is not null, NeutralField.PromptCacheKey);
        DropIf(_request.ContextWindow is not null, NeutralField.ContextWindow);
        DropIf(_request.ParallelToolCalls == false && _request.Tools.Count > 0, NeutralField.ParallelToolCalls);
    }

    /// <summary>Google Cloud chooses its tiers by headers, which are the operator's.</summary>
    private void WriteTier()
    {
        var tier = _request.ServiceTier switch
        {
            null or "auto" => null,
            "default" => "standard",
            "flex" or "priority" => _request.ServiceTier,
            _ => "",
        };
        if (tier is null)
        {
            return;
        }

        if (isVertex || tier.Length == 0)
        {
            translation.Drop(NeutralField.ServiceTier);
            return;
        }

        json.WriteString("serviceTier"u8, tier);
    }

    private void DropIf(bool condition, NeutralField field)
    {
        if (condition)
        {
            translation.Drop(field);
        }
    }
}
