using System.Runtime.InteropServices;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary><c>POST /v1/embeddings</c>: a unit vector for each text, the same for the same text.</summary>
internal sealed class EmbeddingOperation(OpenAIProvider provider) : Operation(provider)
{
    private const int MaxInputs = 2048;
    private const int UsualDimensions = 1536;

    public override FieldTable Fields => OpenAIFields.Embedding;

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        var input = call.Body.GetProperty("input"u8);
        var texts = TextInput.Read(input, "input", MaxInputs);
        if (texts.Any(text => text.Tokens == 0))
        {
            throw OpenAIError.Invalid("input", "input cannot be an empty string.");
        }

        var dimensions = Json.Integer(call.Body, "dimensions"u8, UsualDimensions);
        var base64 = Json.Text(call.Body, "encoding_format"u8) switch
        {
            null or "float" => false,
            "base64" => true,
            _ => throw OpenAIError.Invalid("encoding_format", "expected 'float' or 'base64'."),
        };
        var script = call.ReadScript(texts[^1].Text);
        var response = await call.OpenAsync(script, call.SeedOf(input, script));

        var tokens = texts.Sum(text => text.Tokens);
        call.Meter.Id = $"embd-{call.Meter.Number}";
        call.Meter.Prompt(tokens);
        var list = new EmbeddingList
        {
            Model = call.Model,
            Data = [.. texts.Select((text, index) => new Embedding(index, Encode(StableVector.Of(call.Seed, FaultDirectives.ModelName(call.Model), text.Text, dimensions), base64)))],
            Usage = script.NoUsage ? null : new Usage { PromptTokens = tokens, TotalTokens = tokens },
        };
        return await AnswerSender.WholeAsync(call, response, Json.Serialize(list, OpenAIJson.Wire.EmbeddingList), tokens: 0);
    }

    // Every machine that .NET 10 runs on is little-endian, which is what the protocol wants.
    private static JsonElement Encode(float[] vector, bool base64) => base64
        ? JsonSerializer.SerializeToElement(Convert.ToBase64String(MemoryMarshal.AsBytes<float>(vector)), OpenAIJson.Wire.String)
        : JsonSerializer.SerializeToElement(vector, OpenAIJson.Wire.SingleArray);
}
