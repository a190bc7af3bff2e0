using System.Text.Json;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI.Media;

/// <summary><c>POST /v1/rerank</c> as Jina has it: documents by the share of the query's words that they hold.</summary>
internal sealed class RerankOperation(OpenAIProvider provider) : Operation(provider)
{
    public override FieldTable Fields => MediaFields.Rerank;

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        var query = Json.Text(call.Body, "query"u8)!;
        var script = call.ReadScript(query);
        var response = await call.OpenAsync(script, call.SeedOf(call.Body, script));
        string[] documents = [.. call.Body.GetProperty("documents"u8).EnumerateArray().Select(TextOf)];
        var words = query.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var ranked = documents.Select((text, index) => (Index: index, Score: Score(words, text)))
            .OrderByDescending(entry => entry.Score).ThenBy(entry => entry.Index).Take(Json.Integer(call.Body, "top_n"u8, documents.Length)).ToList();
        var tokens = Tokenizer.Count(query) + documents.Sum(text => Tokenizer.Count(text));
        call.Meter.Prompt(tokens);
        var body = Json.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("model"u8, call.Model);
            json.WriteStartArray("results"u8);
            foreach (var (index, score) in ranked)
            {
                json.WriteStartObject();
                json.WriteNumber("index"u8, index);
                json.WriteNumber("relevance_score"u8, score);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (!script.NoUsage)
            {
                json.WriteStartObject("usage"u8);
                json.WriteNumber("total_tokens"u8, tokens);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        });
        return await AnswerSender.WholeAsync(call, response, body, tokens: 0);
    }

    private static string TextOf(JsonElement document) =>
        document.ValueKind == JsonValueKind.String ? document.GetString()! : Json.Text(document, "text"u8) ?? throw OpenAIError.Invalid("documents", "expected strings, or objects with a text.");

    private static double Score(string[] words, string text) =>
        words.Length == 0 ? 0 : (double)words.Count(word => text.Contains(word, StringComparison.OrdinalIgnoreCase)) / words.Length;
}
