using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Ollama;

/// <summary><c>POST /api/embed</c>, and the older <c>/api/embeddings</c> with one prompt and one vector.</summary>
internal sealed class OllamaEmbedOperation(OllamaProvider provider, OllamaNames names, bool isOld) : Operation(provider)
{
    private const int UsualDimensions = 384;

    public override FieldTable Fields => isOld ? OllamaFields.OldEmbed : OllamaFields.Embed;

    public override string? ModelOf(HttpContext context, JsonElement body) => names.Known(Json.Text(body, "model"u8));

    public override bool StreamOf(HttpContext context, JsonElement body) => false;

    public override string UserOf(JsonElement body) => "";

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        OllamaOptions.Read(call.Body);
        var texts = ReadTexts(call.Body);
        var dimensions = isOld ? UsualDimensions : Json.Integer(call.Body, "dimensions"u8, 0);
        dimensions = dimensions > 0 ? Math.Min(dimensions, UsualDimensions) : UsualDimensions;
        var script = call.ReadScript(texts.Count > 0 ? texts[^1] : "");
        var started = call.Time.GetTimestamp();
        var response = await call.OpenAsync(script, call.SeedOf(call.Body, script));
        var tokens = texts.Sum(text => Tokenizer.Count(text));
        call.Meter.Id = call.Meter.Number;
        call.Meter.Prompt(tokens);
        var vectors = texts.Select(text => StableVector.Of(call.Seed, FaultDirectives.ModelName(call.Model), text, dimensions));
        var body = Json.Write(json =>
        {
            json.WriteStartObject();
            if (isOld)
            {
                WriteVector(json, "embedding", vectors.FirstOrDefault() ?? []);
                json.WriteEndObject();
                return;
            }

            json.WriteString("model"u8, FaultDirectives.ModelName(call.Model));
            json.WriteStartArray("embeddings"u8);
            foreach (var vector in vectors)
            {
                WriteVector(json, null, vector);
            }

            json.WriteEndArray();
            if (!script.NoUsage)
            {
                json.WriteNumber("total_duration"u8, (long)call.Time.GetElapsedTime(started).TotalNanoseconds);
                json.WriteNumber("load_duration"u8, 1_000_000);
                json.WriteNumber("prompt_eval_count"u8, tokens);
            }

            json.WriteEndObject();
        });
        return await AnswerSender.WholeAsync(call, response, body, tokens: 0);
    }

    private static void WriteVector(Utf8JsonWriter json, string? name, float[] vector)
    {
        if (name is not null)
        {
            json.WritePropertyName(name);
        }

        json.WriteStartArray();
        foreach (var value in vector)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    /// <summary>No input is a request to load the model, and has no vectors.</summary>
    private List<string> ReadTexts(JsonElement body)
    {
        if (isOld)
        {
            return Json.Text(body, "prompt"u8) is { Length: > 0 } prompt ? [prompt] : [];
        }

        return Json.Member(body, "input"u8) switch
        {
            null => [],
            { ValueKind: JsonValueKind.String } one => one.GetString() is { Length: > 0 } text ? [text] : [],
            { ValueKind: JsonValueKind.Array } many when many.EnumerateArray().All(entry => entry.ValueKind == JsonValueKind.String) =>
                [.. many.EnumerateArray().Select(entry => entry.GetString()!)],
            _ => throw OllamaError.Invalid("invalid input type"),
        };
    }
}
