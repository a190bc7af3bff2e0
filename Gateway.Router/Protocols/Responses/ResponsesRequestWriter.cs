using System.Text;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Writes a chat request as a responses request, for models that speak nothing else. The upstream is never asked to keep anything.</summary>
internal static class ResponsesRequestWriter
{
    /// <summary>Longest <c>safety_identifier</c>.</summary>
    private const int MaxUserLength = 64;

    public static void Write(Translation translation, LlmOperation operation, Utf8JsonWriter json)
    {
        var request = translation.Request;
        json.WriteStartObject();
        json.WriteString("model"u8, translation.UpstreamModel);
        WriteInstructions(translation, json);
        new ResponsesItemWriter(translation, json).Write();
        ResponsesToolWriter.Write(translation, json);
        WriteText(translation, json);
        WriteReasoning(translation, json);
        if (operation != LlmOperation.ResponsesInputTokens)
        {
            // Counting takes only what there is to count.
            WriteSampling(translation, json);
            WriteRecords(translation, json);
            json.WriteBoolean("store"u8, false);
            if (request.Stream)
            {
                json.WriteBoolean("stream"u8, true);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteInstructions(Translation translation, Utf8JsonWriter json)
    {
        var text = new StringBuilder();
        foreach (var part in translation.Request.System)
        {
            if (part is TextPart { Text.Length: > 0 } instruction)
            {
                text.Append(text.Length > 0 ? "\n\n" : "").Append(instruction.Text);
            }
            else if (part is not TextPart)
            {
                TranslationNotes.Reject(part.Path, $"{part.Path}: instructions can only be text.");
            }
        }

        if (text.Length > 0)
        {
            json.WriteString("instructions"u8, text.ToString());
        }
    }

    private static void WriteText(Translation translation, Utf8JsonWriter json)
    {
        var (output, verbosity) = (translation.Request.Output, translation.Request.Verbosity);
        if (output is null && verbosity is null)
        {
            return;
        }

        json.WriteStartObject("text"u8);
        if (output is not null)
        {
            json.WriteStartObject("format"u8);
            json.WriteString("type"u8, output.Kind == OutputKind.JsonSchema ? "json_schema"u8 : "json_object"u8);
            if (output.Kind == OutputKind.JsonSchema)
            {
                json.WriteString("name"u8, output.Name ?? "response");
                if (output.Description is { } description)
                {
                    json.WriteString("description"u8, description);
                }

                json.WritePropertyName("schema"u8);
                output.Schema!.Value.WriteTo(json);
                if (output.Strict is { } strict)
                {
                    json.WriteBoolean("strict"u8, strict);
                }
            }

            json.WriteEndObject();
        }

        if (verbosity is not null)
        {
            json.WriteString("verbosity"u8, verbosity);
        }

        json.WriteEndObject();
    }

    private static void WriteReasoning(Translation translation, Utf8JsonWriter json)
    {
        if (translation.Request.Reasoning is not { } reasoning)
        {
            return;
        }

        if (!translation.Traits.Reasoning)
        {
            translation.Drop(NeutralField.Reasoning);
            return;
        }

        var effort = reasoning.Mode switch
        {
            ReasoningMode.Off => "none",
            ReasoningMode.Auto => null,
            ReasoningMode.Effort => reasoning.Effort,
            ReasoningMode.Budget => EffortOf(reasoning.Budget ?? 0, translation),
        };
        // Anthropic shows what was thought unless it is told not to; OpenAI's clients ask for a summary, which some accounts may not have.
        var isShown = (reasoning.Show ?? translation.Client.Protocol == LlmProtocol.Anthropic) && reasoning.Mode != ReasoningMode.Off;
        if (effort is not null || isShown)
        {
            json.WriteStartObject("reasoning"u8);
            if (effort is not null)
            {
                json.WriteString("effort"u8, effort);
            }

            if (isShown)
            {
                json.WriteString("summary"u8, "auto"u8);
            }

            json.WriteEndObject();
        }
    }

    private static string EffortOf(long budget, Translation translation)
    {
        translation.Adapt(NeutralField.Reasoning);
        return budget <= 2048 ? "low" : budget <= 12288 ? "medium" : "high";
    }

    private static void WriteSampling(Translation translation, Utf8JsonWriter json)
    {
        var request = translation.Request;
        if (request.Reasoning is { Mode: not ReasoningMode.Off } && translation.Traits.Reasoning)
        {
            // Nothing is kept at the upstream, so that its reasoning must travel with the talk.
            json.WriteStartArray("include"u8);
            json.WriteStringValue("reasoning.encrypted_content"u8);
            json.WriteEndArray();
        }

        if (request.MaxOutput is { } most)
        {
            json.WriteNumber("max_output_tokens"u8, most);
        }

        if (request.Temperature is { } temperature)
        {
            if (translation.Traits.FixedTemperature)
            {
                translation.Drop(NeutralField.Temperature);
            }
            else
            {
                json.WriteNumber("temperature"u8, temperature);
            }
        }

        if (request.TopP is { } topP)
        {
            json.WriteNumber("top_p"u8, topP);
        }

        Refuse(request.Stop.Count > 0, NeutralField.Stop, translation);
        Refuse(request.CandidateCount > 1, NeutralField.CandidateCount, translation);
        Refuse(request.Logprobs, NeutralField.Logprobs, translation);
        Refuse(request.TopLogprobs > 0, NeutralField.TopLogprobs, translation);
        Drop(request.TopK is not null, NeutralField.TopK, translation);
        Drop(request.FrequencyPenalty is not null, NeutralField.FrequencyPenalty, translation);
        Drop(request.PresencePenalty is not null, NeutralField.PresencePenalty, translation);
        Drop(request.Seed is not null, NeutralField.Seed, translation);
        Drop(request.LogitBias is not null, NeutralField.LogitBias, translation);
        Drop(request.ContextWindow is not null, NeutralField.ContextWindow, translation);
    }

    private static void WriteRecords(Translation translation, Utf8JsonWriter json)
    {
        var request = translation.Request;
        if (request.EndUser is { } user)
        {
            if (user.Length > MaxUserLength)
            {
                translation.Adapt(NeutralField.EndUser);
            }

            json.WriteString("safety_identifier"u8, user.AsSpan(0, Math.Min(user.Length, MaxUserLength)));
        }

        if (request.Metadata is { ValueKind: JsonValueKind.Object } metadata)
        {
            json.WritePropertyName("metadata"u8);
            metadata.WriteTo(json);
        }

        if (request.ServiceTier is { } tier)
        {
            json.WriteString("service_tier"u8, tier);
        }

        if (request.PromptCacheKey is { } key)
        {
            json.WriteString("prompt_cache_key"u8, key);
        }

        Drop(request.Store == true, NeutralField.Store, translation);
    }

    private static void Refuse(bool given, NeutralField field, Translation translation)
    {
        if (given)
        {
            var name = translation.NameOf(field);
            TranslationNotes.Reject(name, $"'{name}' cannot be said to this model, which is asked through OpenAI's responses, and leaving it out would change the answer. Leave it out.");
        }
    }

    private static void Drop(bool given, NeutralField field, Translation translation)
    {
        if (given)
        {
            translation.Drop(field);
        }
    }
}
