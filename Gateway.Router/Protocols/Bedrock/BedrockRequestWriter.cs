using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>Writes a chat request for Converse, or the request that counts its tokens.</summary>
internal static class BedrockRequestWriter
{
    private const string JsonOnly = "Answer with one JSON object and nothing else.";

    public static void Write(Translation translation, LlmOperation operation, Utf8JsonWriter json)
    {
        var request = translation.Request;
        var model = BedrockModel.Of(translation.UpstreamModel);
        Refuse(translation);
        var talk = BedrockTalk.Of(translation, model);
        var ownSchema = model.HasOutputConfig && translation.Traits.JsonSchema;
        var emulated = request.Output is { Kind: OutputKind.JsonSchema } && !ownSchema ? request.Output : null;
        var tools = new BedrockTools(translation, talk, emulated);
        var thinking = BedrockThinking.Plan(translation, model, tools.IsForced, talk.Turns);
        if (emulated is not null || request.Output?.Kind == OutputKind.JsonObject)
        {
            translation.Adapt(NeutralField.Output);
        }

        if (request.Output?.Kind == OutputKind.JsonObject)
        {
            talk.System.Add(new TextPart(JsonOnly, default));
        }

        var counts = operation == LlmOperation.BedrockCountTokens;
        json.WriteStartObject();
        if (counts)
        {
            json.WriteStartObject("input"u8);
            json.WriteStartObject("converse"u8);
        }

        var cache = new BedrockCache(request, talk, model);
        tools.Write(json, cache);
        WriteSystem(talk, cache, json);
        WriteMessages(translation, talk, cache, json);
        if (counts)
        {
            json.WriteEndObject();
            json.WriteEndObject();
        }
        else
        {
            if (ownSchema && request.Output is { Kind: OutputKind.JsonSchema } output)
            {
                WriteOutput(output, json);
            }

            BedrockInference.Write(translation, model, thinking, json);
        }

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

    private static void WriteSystem(BedrockTalk talk, BedrockCache cache, Utf8JsonWriter json)
    {
        if (talk.System.Count == 0)
        {
            return;
        }

        json.WriteStartArray("system"u8);
        foreach (var part in talk.System)
        {
            json.WriteStartObject();
            json.WriteString("text"u8, ((TextPart)part).Text);
            json.WriteEndObject();
            cache.Write(json, part.Cache);
        }

        json.WriteEndArray();
    }

    private static void WriteMessages(Translation translation, BedrockTalk talk, BedrockCache cache, Utf8JsonWriter json)
    {
        var blocks = new BedrockBlocks(translation, json);
        json.WriteStartArray("messages"u8);
        for (var index = 0; index < talk.Turns.Count; index++)
        {
            var turn = talk.Turns[index];
            json.WriteStartObject();
            json.WriteString("role"u8, turn.IsAssistant ? "assistant"u8 : "user"u8);
            json.WriteStartArray("content"u8);
            for (var at = 0; at < turn.Parts.Count; at++)
            {
                var part = turn.Parts[at];
                blocks.Write(part, trims: turn.IsAssistant && index == talk.Turns.Count - 1 && at == turn.Parts.Count - 1);
                cache.Write(json, BedrockCache.Of(part));
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteOutput(NeutralOutput output, Utf8JsonWriter json)
    {
        json.WriteStartObject("outputConfig"u8);
        json.WriteStartObject("textFormat"u8);
        json.WriteString("type"u8, "json_schema"u8);
        json.WriteStartObject("structure"u8);
        json.WriteStartObject("jsonSchema"u8);

        // The schema is the text of the schema here.
        json.WriteString("schema"u8, CompactJson.Strip(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(output.Schema!.Value)));
        if (output.Name is not null)
        {
            json.WriteString("name"u8, output.Name);
        }

        if (output.Description is not null)
        {
            json.WriteString("description"u8, output.Description);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
