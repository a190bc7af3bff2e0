using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary><c>:embedContent</c> and <c>:batchEmbedContents</c>. The answer has no usage; the meter knows it all the same.</summary>
internal sealed class EmbedOperation(GeminiProvider provider, bool batch) : GeminiOperation(provider, batch ? GeminiMessages.BatchEmbed : GeminiMessages.Embed)
{
    private const int MaxRequests = 100;
    private const int UsualDimensions = 3072;

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        CheckBody(call);
        var requests = batch ? ReadBatch(call) : [Read(call.Body, "EmbedContentRequest")];
        var script = call.ReadScript(requests[^1].Text);
        var response = await call.OpenAsync(script, call.SeedOf(call.Body, script));
        call.Meter.Id = call.Meter.Number;
        call.Meter.Prompt(requests.Sum(request => request.Tokens));
        var body = Json.Write(json => Write(json, call, requests));
        return await AnswerSender.WholeAsync(call, response, body, tokens: 0);
    }

    private static List<Request> ReadBatch(ProviderCall call)
    {
        var model = $"models/{FaultDirectives.ModelName(call.Model)}";
        var requests = new List<Request>();
        foreach (var entry in ProtoMessage.List(call.Body, "requests"))
        {
            var path = $"BatchEmbedContentsRequest.requests[{requests.Count}]";
            if (ProtoMessage.Text(entry, "model") is not { Length: > 0 } own)
            {
                throw GoogleError.Violation($"{path}.model", "unexpected model name format");
            }

            if (FaultDirectives.ModelName(own) != model)
            {
                throw GoogleError.Violation($"{path}.model", "model must match the model in the request path");
            }

            requests.Add(Read(entry, path));
        }

        return requests.Count switch
        {
            0 => throw GoogleError.Violation("BatchEmbedContentsRequest.requests", "requests is not specified"),
            > MaxRequests => throw GoogleError.Violation("BatchEmbedContentsRequest.requests", $"at most {MaxRequests} requests can be in one batch"),
            _ => requests,
        };
    }

    private static Request Read(JsonElement request, string path)
    {
        if (ProtoMessage.Find(request, "content") is not { } content)
        {
            throw GoogleError.Violation($"{path}.content", "content is not specified");
        }

        var (text, tokens) = GeminiContents.TextOf(content, $"{path}.content");
        if (tokens == 0)
        {
            throw GoogleError.Violation($"{path}.content", "content is empty");
        }

        var dimensions = (int?)ProtoMessage.Number(request, "outputDimensionality") ?? UsualDimensions;
        return dimensions is >= 1 and <= UsualDimensions
            ? new Request(text, tokens, dimensions) : throw GoogleError.Violation($"{path}.output_dimensionality", $"must be in the range [1, {UsualDimensions}]");
    }

    private void Write(Utf8JsonWriter json, ProviderCall call, List<Request> requests)
    {
        json.WriteStartObject();
        json.WritePropertyName(batch ? "embeddings"u8 : "embedding"u8);
        if (batch)
        {
            json.WriteStartArray();
        }

        foreach (var request in requests)
        {
            json.WriteStartObject();
            json.WriteStartArray("values"u8);
            foreach (var value in StableVector.Of(call.Seed, FaultDirectives.ModelName(call.Model), request.Text, request.Dimensions))
            {
                json.WriteNumberValue(value);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (batch)
        {
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private sealed record Request(string Text, int Tokens, int Dimensions);
}
