using Gateway.Simulator.Meter;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary><c>:countTokens</c>. Costs nothing, so the meter counts a request and no tokens.</summary>
internal sealed class CountTokensOperation(GeminiProvider provider) : GeminiOperation(provider, provider.IsVertex ? GeminiMessages.VertexCount : GeminiMessages.Count)
{
    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        CheckBody(call);
        var request = ProtoMessage.Find(call.Body, "generateContentRequest");
        if (request is not null && ProtoMessage.Find(call.Body, "contents") is not null)
        {
            throw GoogleError.Invalid("The request contains both contents and generate_content_request, which are mutually exclusive.");
        }

        if (request is { } inner && ProtoMessage.Text(inner, "model") is not { Length: > 0 })
        {
            throw GoogleError.Violation("CountTokensRequest.generate_content_request.model", "model is not specified");
        }

        var contents = GeminiContents.Read(request ?? call.Body, "CountTokensRequest", needsSignatures: false);
        var script = call.ReadScript(contents.LastUserText);
        var response = await call.OpenAsync(script, call.SeedOf(call.Body, script));
        var body = Json.Write(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("totalTokens"u8, contents.PromptTokens);
            json.WriteStartArray("promptTokensDetails"u8);
            json.WriteStartObject();
            json.WriteString("modality"u8, "TEXT"u8);
            json.WriteNumber("tokenCount"u8, contents.PromptTokens);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        });
        return await AnswerSender.WholeAsync(call, response, body, tokens: 0);
    }
}
