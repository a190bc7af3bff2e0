using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Writes <c>generationConfig</c>, if there is anything to say.</summary>
internal sealed class GeminiConfigWriter(Translation translation, Utf8JsonWriter json, GeminiModel model)
{
    private const double MaxTemperature = 2;
    private const int MaxStops = 5;

    private readonly NeutralRequest _request = translation.Request;
    private bool _isOpen;

    public void Write()
    {
        RejectWhatAnswersCannotSay();
        if (_request.MaxOutput is { } cap)
        {
            Name("maxOutputTokens"u8);
            json.WriteNumberValue(cap);
        }

        WriteSampling();
        WriteStops();
        WriteOutput();
        WriteThinking();
        if (_isOpen)
        {
            json.WriteEndObject();
        }
    }

    /// <summary>Gemini has both, but an answer on its way through the gateway holds one candidate, and no probabilities.</summary>
    private void RejectWhatAnswersCannotSay()
    {
        if (_request.CandidateCount > 1)
        {
            var name = translation.NameOf(NeutralField.CandidateCount);
            TranslationNotes.Reject(name, $"'{name}' above 1 is not possible for this model through this endpoint. Ask once for each answer.");
        }

        if (_request.Logprobs || _request.TopLogprobs > 0)
        {
            var name = translation.NameOf(_request.Logprobs ? NeutralField.Logprobs : NeutralField.TopLogprobs);
            TranslationNotes.Reject(name, $"'{name}' is not possible for this model through this endpoint. Leave it out.");
        }
    }

    private void WriteSampling()
    {
        if (_request.Temperature is { } temperature)
        {
            if (translation.Traits.FixedTemperature)
            {
                translation.Drop(NeutralField.Temperature);
            }
            else
            {
                if (temperature > MaxTemperature)
                {
                    translation.Adapt(NeutralField.Temperature);
                }

                Name("temperature"u8);
                json.WriteNumberValue(Math.Min(temperature, MaxTemperature));
            }
        }

        Number("topP"u8, _request.TopP);
        if (_request.TopK is { } topK)
        {
            Name("topK"u8);
            json.WriteNumberValue(topK);
        }

        Number("frequencyPenalty"u8, _request.FrequencyPenalty);
        Number("presencePenalty"u8, _request.PresencePenalty);
        if (_request.Seed is { } seed)
        {
            // Gemini's seeds have 32 bits: longer ones are folded, so that equal ones stay equal.
            var folded = (int)(seed ^ (seed >> 32));
            if (seed is < int.MinValue or > int.MaxValue)
            {
                translation.Adapt(NeutralField.Seed);
                seed = folded;
            }

            Name("seed"u8);
            json.WriteNumberValue(seed);
        }
    }

    private void WriteStops()
    {
        if (_request.Stop.Count == 0)
        {
            return;
        }

        if (_request.Stop.Count > MaxStops)
        {
            var name = translation.NameOf(NeutralField.Stop);
            TranslationNotes.Reject(name, $"'{name}' can hold at most {MaxStops} sequences for this model.");
        }

        Name("stopSequences"u8);
        json.WriteStartArray();
        foreach (var stop in _request.Stop)
        {
            json.WriteStringValue(stop);
        }

        json.WriteEndArray();
    }

    private void WriteOutput()
    {
        if (_request.Output is not { } output)
        {
            return;
        }

        if (_request.Tools.Count > 0 && _request.ToolChoice is not { Mode: ToolChoiceMode.None } && !model.HasSchemaWithTools)
        {
            TranslationNotes.Reject(translation.NameOf(NeutralField.Output), "Models before Gemini 3 take JSON output or tools, not both in one request. Leave one of them out, or ask for a newer model.");
        }

        if (output.Description is not null)
        {
            translation.Notes.Drop(output.Path.At("description"));
        }

        Name("responseMimeType"u8);
        json.WriteStringValue("application/json"u8);
        if (output.Schema is not { ValueKind: JsonValueKind.Object } schema)
        {
            return;
        }

        if (model.HasJsonSchema)
        {
            Name("responseJsonSchema"u8);
            GeminiSchema.WriteWithType(schema, json);
        }
        else
        {
            Name("responseSchema"u8);
            GeminiSchema.WriteCleaned(schema, output.Path, json);
        }
    }

    private void WriteThinking()
    {
        if (_request.Reasoning is not { } reasoning)
        {
            return;
        }

        if (!translation.Traits.Reasoning || model.Thinking == ThinkingDialect.None)
        {
            if (reasoning.Mode != ReasoningMode.Off)
            {
                translation.Drop(NeutralField.Reasoning);
            }

            return;
        }

        var thinking = GeminiThinking.Of(reasoning, model, _request.MaxOutput);
        if (thinking.IsAdapted)
        {
            translation.Adapt(NeutralField.Reasoning);
        }

        // Gemini shows nothing unless it is asked to; elsewhere reasoning that was asked for is shown unless the client said no.
        var shown = reasoning.Show ?? (translation.Client.Protocol != LlmProtocol.Gemini && reasoning.Mode != ReasoningMode.Off ? true : null);
        if (thinking.Budget == 0)
        {
            // There will be none, and asking for them is refused.
            shown = null;
        }

        if (thinking is { Level: null, Budget: null } && shown is null)
        {
            return;
        }

        Name("thinkingConfig"u8);
        json.WriteStartObject();
        if (shown is { } show)
        {
            json.WriteBoolean("includeThoughts"u8, show);
        }

        if (thinking.Level is not null)
        {
            json.WriteString("thinkingLevel"u8, thinking.Level);
        }

        if (thinking.Budget is { } budget)
        {
            json.WriteNumber("thinkingBudget"u8, budget);
        }

        json.WriteEndObject();
    }

    private void Number(ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } number)
        {
            Name(name);
            json.WriteNumberValue(number);
        }
    }

    private void Name(ReadOnlySpan<byte> name)
    {
        if (!_isOpen)
        {
            _isOpen = true;
            json.WriteStartObject("generationConfig"u8);
        }

        json.WritePropertyName(name);
    }
}
