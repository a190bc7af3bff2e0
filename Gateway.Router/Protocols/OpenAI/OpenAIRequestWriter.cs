using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Writes a neutral request as a chat completions body. The order of members is fixed: prompt caches compare bytes.</summary>
internal static class OpenAIRequestWriter
{
    private const int MostStops = 4;
    private const double HighestTemperature = 2;

    /// <summary>Longest <c>safety_identifier</c>; <c>user</c> has no limit that was seen.</summary>
    private const int MaxIdentifier = 64;

    public static void Write(Translation translation, Utf8JsonWriter json)
    {
        var request = translation.Request;
        Refuse(translation);
        json.WriteStartObject();
        json.WriteString("model"u8, translation.UpstreamModel);
        new OpenAIMessageWriter(translation, json).Write();
        OpenAIToolWriter.Write(translation, json);
        WriteOutput(translation, json);
        if (request.MaxOutput is { } cap)
        {
            json.WriteNumber(translation.Traits.MaxCompletionTokens ? "max_completion_tokens"u8 : "max_tokens"u8, cap);
        }

        WriteSampling(translation, json);
        WriteReasoning(translation, json);
        WriteRecords(translation, json);
        if (request.Stream)
        {
            json.WriteBoolean("stream"u8, true);
            if (translation.Traits.StreamUsage)
            {
                // Always: a stream without usage could only be charged by estimate.
                json.WriteStartObject("stream_options"u8);
                json.WriteBoolean("include_usage"u8, true);
                json.WriteEndObject();
            }
        }

        json.WriteEndObject();
    }

    /// <summary>What OpenAI has, but no answer in neutral form can carry back, and what it has not and would change the answer.</summary>
    private static void Refuse(Translation translation)
    {
        var request = translation.Request;
        if (request.CandidateCount > 1)
        {
            var name = translation.NameOf(NeutralField.CandidateCount);
            TranslationNotes.Reject(name, $"'{name}' must be 1 for this model: its provider speaks another protocol, and one answer is carried over. Send several requests.");
        }

        if (request.Logprobs || request.TopLogprobs is > 0)
        {
            var name = translation.NameOf(request.Logprobs ? NeutralField.Logprobs : NeutralField.TopLogprobs);
            TranslationNotes.Reject(name, $"'{name}' is not carried over to a provider of another protocol. Leave it out.");
        }

        if (request.Stop.Count > MostStops)
        {
            var name = translation.NameOf(NeutralField.Stop);
            TranslationNotes.Reject(name, $"'{name}' may have at most {MostStops} sequences for this model.");
        }
    }

    private static void WriteSampling(Translation translation, Utf8JsonWriter json)
    {
        var request = translation.Request;
        if (request.Temperature is { } temperature)
        {
            if (translation.Traits.FixedTemperature)
            {
                translation.Drop(NeutralField.Temperature);
            }
            else
            {
                if (temperature > HighestTemperature)
                {
                    translation.Adapt(NeutralField.Temperature);
                }

                json.WriteNumber("temperature"u8, Math.Min(temperature, HighestTemperature));
            }
        }

        WriteNumber(json, "top_p"u8, request.TopP);
        WriteNumber(json, "frequency_penalty"u8, request.FrequencyPenalty);
        WriteNumber(json, "presence_penalty"u8, request.PresencePenalty);
        if (request.TopK is not null)
        {
            translation.Drop(NeutralField.TopK);
        }

        if (request.Seed is { } seed)
        {
            json.WriteNumber("seed"u8, seed);
        }

        if (request.Stop.Count > 0)
        {
            json.WriteStartArray("stop"u8);
            foreach (var stop in request.Stop)
            {
                json.WriteStringValue(stop);
            }

            json.WriteEndArray();
        }

        if (request.LogitBias is { } bias)
        {
            json.WritePropertyName("logit_bias"u8);
            bias.WriteTo(json);
        }

        if (request.ContextWindow is not null)
        {
            translation.Drop(NeutralField.ContextWindow);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void WriteOutput(Translation translation, Utf8JsonWriter json)
    {
        if (translation.Request.Output is not { } output)
        {
            return;
        }

        json.WriteStartObject("response_format"u8);
        if (output.Kind == OutputKind.JsonObject || !translation.Traits.JsonSchema)
        {
            // Without schemas of its own the server is told the schema in words: see the messages.
            json.WriteString("type"u8, "json_object"u8);
            json.WriteEndObject();
            return;
        }

        json.WriteString("type"u8, "json_schema"u8);
        json.WriteStartObject("json_schema"u8);
        json.WriteString("name"u8, output.Name is { Length: > 0 } name ? translation.ToolNames.ToUpstream(name, OpenAIToolWriter.IsLegal, OpenAIToolWriter.MaxName) : "response");
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

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteReasoning(Translation translation, Utf8JsonWriter json)
    {
        if (translation.Request.Reasoning is not { } reasoning)
        {
            return;
        }

        if (reasoning.Show == true && translation.Traits.DeveloperRole && translation.Traits.Reasoning)
        {
            // OpenAI reasons, but its chat completions never show it; servers that resemble it show what there is.
            translation.Notes.Adapt(reasoning.Path);
        }

        if (reasoning.Mode == ReasoningMode.Auto)
        {
            // The model decides: that is what it does when nothing is said.
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

        if (reasoning.Mode == ReasoningMode.Budget)
        {
            translation.Notes.Adapt(reasoning.Path);
        }

        json.WriteString("reasoning_effort"u8, reasoning.Mode switch
        {
            ReasoningMode.Off => "none",
            ReasoningMode.Budget => EffortOf(reasoning.Budget ?? 0),
            _ => reasoning.Effort ?? "medium",
        });
    }

    private static string EffortOf(long budget) => budget switch
    {
        <= 0 => "none",
        <= 2048 => "low",
        <= 12288 => "medium",
        _ => "high",
    };

    /// <summary>What is for the provider's records and machines. Servers that only resemble OpenAI refuse some of it.</summary>
    private static void WriteRecords(Translation translation, Utf8JsonWriter json)
    {
        var request = translation.Request;
        var isOpenAI = translation.Traits.DeveloperRole;
        if (request.EndUser is { } user)
        {
            json.WriteString(isOpenAI && user.Length <= MaxIdentifier ? "safety_identifier"u8 : "user"u8, user);
        }

        if (request.Metadata is { } metadata)
        {
            if (isOpenAI)
            {
                json.WritePropertyName("metadata"u8);
                metadata.WriteTo(json);
            }
            else
            {
                translation.Drop(NeutralField.Metadata);
            }
        }

        if (request.ServiceTier is { } tier)
        {
            json.WriteString("service_tier"u8, tier);
        }

        WriteOrDrop(translation, json, "verbosity"u8, request.Verbosity, NeutralField.Verbosity);
        WriteOrDrop(translation, json, "prompt_cache_key"u8, request.PromptCacheKey, NeutralField.PromptCacheKey);
        if (request.Store is { } store)
        {
            // Another protocol's store gives answers back by id; OpenAI's chat store does not, and false is its default.
            if (translation.Client.Protocol == LlmProtocol.OpenAI && isOpenAI)
            {
                json.WriteBoolean("store"u8, store);
            }
            else if (store)
            {
                translation.Drop(NeutralField.Store);
            }
        }
    }

    private static void WriteOrDrop(Translation translation, Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value, NeutralField field)
    {
        if (value is null)
        {
            return;
        }

        if (translation.Traits.DeveloperRole)
        {
            json.WriteString(name, value);
        }
        else
        {
            translation.Drop(field);
        }
    }
}
