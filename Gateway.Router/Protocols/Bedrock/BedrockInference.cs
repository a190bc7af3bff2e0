using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>Writes the knobs: those that all models share, those in the words of one maker, and drops the rest.</summary>
internal static class BedrockInference
{
    private const double LeastThinkingTopP = 0.95;

    public static void Write(Translation translation, BedrockModel model, BedrockThinking? thinking, Utf8JsonWriter json)
    {
        var request = translation.Request;
        Drop(translation);
        var temperature = Temperature(translation, model, thinking);
        var topP = TopP(translation, model, thinking, temperature);
        json.WriteStartObject("inferenceConfig"u8);
        if (request.MaxOutput is { } cap)
        {
            json.WriteNumber("maxTokens"u8, cap);
        }

        if (temperature is { } heat)
        {
            json.WriteNumber("temperature"u8, heat);
        }

        if (topP is { } share)
        {
            json.WriteNumber("topP"u8, share);
        }

        if (request.Stop.Count > 0)
        {
            json.WriteStartArray("stopSequences"u8);
            foreach (var stop in request.Stop)
            {
                json.WriteStringValue(stop);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        WriteAdditional(translation, model, thinking, json);
        if (model.IsClaude && request.Stop.Count > 0)
        {
            // Which of them was met is told only to who asks.
            json.WriteStartArray("additionalModelResponseFieldPaths"u8);
            json.WriteStringValue("/stop_sequence"u8);
            json.WriteEndArray();
        }
    }

    private static double? Temperature(Translation translation, BedrockModel model, BedrockThinking? thinking)
    {
        var temperature = translation.Request.Temperature;
        if (temperature is null)
        {
            return null;
        }

        if (translation.Traits.FixedTemperature || (thinking is not null && temperature != 1))
        {
            translation.Drop(NeutralField.Temperature);
            return null;
        }

        if (temperature > 1 && (model.IsClaude || model.IsNova))
        {
            translation.Adapt(NeutralField.Temperature);
            return 1;
        }

        return temperature;
    }

    private static double? TopP(Translation translation, BedrockModel model, BedrockThinking? thinking, double? temperature)
    {
        var topP = translation.Request.TopP;
        if (topP is null || !((thinking is not null && topP < LeastThinkingTopP) || (temperature is not null && model.WantsOneSampling)))
        {
            return topP;
        }

        translation.Drop(NeutralField.TopP);
        return null;
    }

    private static void WriteAdditional(Translation translation, BedrockModel model, BedrockThinking? thinking, Utf8JsonWriter json)
    {
        var topK = translation.Request.TopK;
        if (topK is not null && (thinking is not null || !(model.IsClaude || model.IsNova)))
        {
            translation.Drop(NeutralField.TopK);
            topK = null;
        }

        if (topK is null && thinking is null)
        {
            return;
        }

        json.WriteStartObject("additionalModelRequestFields"u8);
        if (topK is { } most && model.IsNova)
        {
            json.WriteStartObject("inferenceConfig"u8);
            json.WriteNumber("topK"u8, most);
            json.WriteEndObject();
        }
        else if (topK is { } top)
        {
            json.WriteNumber("top_k"u8, top);
        }

        thinking?.Write(json);
        json.WriteEndObject();
    }

    private static void Drop(Translation translation)
    {
        var request = translation.Request;
        DropIf(request.FrequencyPenalty is not null, NeutralField.FrequencyPenalty);
        DropIf(request.PresencePenalty is not null, NeutralField.PresencePenalty);
        DropIf(request.Seed is not null, NeutralField.Seed);
        DropIf(request.TopLogprobs is not null, NeutralField.TopLogprobs);
        DropIf(request.LogitBias is not null, NeutralField.LogitBias);
        DropIf(request.EndUser is not null, NeutralField.EndUser);
        DropIf(request.Metadata is not null, NeutralField.Metadata);
        DropIf(request.ServiceTier is not (null or "auto"), NeutralField.ServiceTier);
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
}
