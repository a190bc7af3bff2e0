using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Writes <c>options</c>, and drops what has no place there.</summary>
internal static class OllamaOptionsWriter
{
    public static void Write(Translation translation, Utf8JsonWriter json)
    {
        var request = translation.Request;
        Drop(translation);
        var temperature = request.Temperature;
        if (temperature is not null && translation.Traits.FixedTemperature)
        {
            translation.Drop(NeutralField.Temperature);
            temperature = null;
        }

        var opened = false;
        Integer("num_predict"u8, request.MaxOutput);
        Number("temperature"u8, temperature);
        Number("top_p"u8, request.TopP);
        Integer("top_k"u8, request.TopK);
        Number("frequency_penalty"u8, request.FrequencyPenalty);
        Number("presence_penalty"u8, request.PresencePenalty);
        Integer("seed"u8, request.Seed);
        Integer("num_ctx"u8, request.ContextWindow);
        if (request.Stop.Count > 0)
        {
            Open();
            json.WriteStartArray("stop"u8);
            foreach (var stop in request.Stop)
            {
                json.WriteStringValue(stop);
            }

            json.WriteEndArray();
        }

        if (opened)
        {
            json.WriteEndObject();
        }

        void Open()
        {
            if (!opened)
            {
                opened = true;
                json.WriteStartObject("options"u8);
            }
        }

        void Integer(ReadOnlySpan<byte> name, long? value)
        {
            if (value is { } number)
            {
                Open();
                json.WriteNumber(name, number);
            }
        }

        void Number(ReadOnlySpan<byte> name, double? value)
        {
            if (value is { } number)
            {
                Open();
                json.WriteNumber(name, number);
            }
        }
    }

    private static void Drop(Translation translation)
    {
        var request = translation.Request;
        DropIf(request.TopLogprobs is not null, NeutralField.TopLogprobs);
        DropIf(request.LogitBias is not null, NeutralField.LogitBias);
        DropIf(request.EndUser is not null, NeutralField.EndUser);
        DropIf(request.Metadata is not null, NeutralField.Metadata);
        DropIf(request.ServiceTier is not (null or "auto"), NeutralField.ServiceTier);
        DropIf(request.Verbosity is not null, NeutralField.Verbosity);
        DropIf(request.Store == true, NeutralField.Store);
        DropIf(request.PromptCacheKey is not null, NeutralField.PromptCacheKey);

        void DropIf(bool isSet, NeutralField field)
        {
            if (isSet)
            {
                translation.Drop(field);
            }
        }
    }
}
