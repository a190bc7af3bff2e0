using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Samples;

/// <summary>Writes <c>{"engine","live","talk":[{"who","says"}],"limit","heat"}</c>.</summary>
internal static class ParrotRequestWriter
{
    private const double Hottest = 1;

    public static void Write(Translation translation, Utf8JsonWriter json)
    {
        var request = translation.Request;
        Refuse(translation);
        DropRest(translation);
        json.WriteStartObject();
        json.WriteString("engine"u8, translation.UpstreamModel);
        json.WriteBoolean("live"u8, request.Stream);
        WriteTalk(translation, json);
        if (request.MaxOutput is { } most)
        {
            json.WriteNumber("limit"u8, most);
        }

        if (request.Temperature is { } heat)
        {
            if (heat > Hottest)
            {
                translation.Adapt(NeutralField.Temperature);
            }

            json.WriteNumber("heat"u8, Math.Min(heat, Hottest));
        }

        json.WriteEndObject();
    }

    // sample: losses
    /// <summary>Without these the caller would get something else than was asked for.</summary>
    private static void Refuse(Translation translation)
    {
        var request = translation.Request;
        RefuseIf(request.Tools.Count > 0, NeutralField.Tools);
        RefuseIf(request.Output is not null, NeutralField.Output);
        RefuseIf(request.CandidateCount > 1, NeutralField.CandidateCount);
        RefuseIf(request.Logprobs, NeutralField.Logprobs);
        RefuseIf(request.TopLogprobs > 0, NeutralField.TopLogprobs);
        RefuseIf(request.Stop.Count > 0, NeutralField.Stop);

        void RefuseIf(bool isSet, NeutralField field)
        {
            if (isSet)
            {
                var name = translation.NameOf(field);
                TranslationNotes.Reject(name, $"'{name}' has no counterpart at the provider of this model. Leave it out, or ask for another model.");
            }
        }
    }

    /// <summary>Without these the answer means the same: they are named in <c>x-gateway-warning</c>.</summary>
    private static void DropRest(Translation translation)
    {
        var request = translation.Request;
        DropIf(request.TopP is not null, NeutralField.TopP);
        DropIf(request.TopK is not null, NeutralField.TopK);
        DropIf(request.FrequencyPenalty is not null, NeutralField.FrequencyPenalty);
        DropIf(request.PresencePenalty is not null, NeutralField.PresencePenalty);
        DropIf(request.Seed is not null, NeutralField.Seed);
        DropIf(request.LogitBias is not null, NeutralField.LogitBias);
        DropIf(request.Reasoning is { Mode: not ReasoningMode.Off }, NeutralField.Reasoning);
        DropIf(request.EndUser is not null, NeutralField.EndUser);
        DropIf(request.Metadata is not null, NeutralField.Metadata);
        DropIf(request.ServiceTier is not null, NeutralField.ServiceTier);
        DropIf(request.Verbosity is not null, NeutralField.Verbosity);
        DropIf(request.Store == true, NeutralField.Store);
        DropIf(request.PromptCacheKey is not null, NeutralField.PromptCacheKey);
        DropIf(request.ContextWindow is not null, NeutralField.ContextWindow);

        void DropIf(bool isSet, NeutralField field)
        {
            if (isSet)
            {
                translation.Drop(field);
            }
        }
    }
    // end sample

    private static void WriteTalk(Translation translation, Utf8JsonWriter json)
    {
        var turns = translation.Request.Turns;
        json.WriteStartArray("talk"u8);
        if (translation.Request.System.Count > 0)
        {
            WriteTurn(translation, "keeper"u8, translation.Request.System, json);
        }

        for (var index = 0; index < turns.Count; index++)
        {
            var turn = turns[index];
            if (turn.Name is not null)
            {
                translation.Notes.Drop(turn.Path.At("name"));
            }

            if (turn.Role == NeutralRole.Assistant && index == turns.Count - 1)
            {
                // Others may go on writing where this turn ends; a parrot begins anew.
                translation.Notes.Adapt(turn.Path);
            }

            var who = turn.Role switch { NeutralRole.Assistant => "parrot"u8, NeutralRole.System => "keeper"u8, _ => "guest"u8 };
            WriteTurn(translation, who, turn.Parts, json);
        }

        json.WriteEndArray();
    }

    private static void WriteTurn(Translation translation, ReadOnlySpan<byte> who, List<NeutralPart> parts, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("who"u8, who);
        json.WriteStartArray("says"u8);
        foreach (var part in parts)
        {
            switch (part)
            {
                case TextPart text:
                    json.WriteStringValue(text.Text);
                    break;
                case RefusalPart refusal:
                    json.WriteStringValue(refusal.Text);
                    break;
                case ReasoningPart:
                    translation.Notes.Drop(part.Path);
                    break;
                default:
                    TranslationNotes.Reject(part.Path, $"'{part.Path}' must be text: the provider of this model takes nothing else.");
                    break;
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
