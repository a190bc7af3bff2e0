using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary><c>POST /v1/embeddings</c>: a unit vector for each text, the same for the same text.</summary>
internal sealed class EmbeddingOperation : IOpenAIOperation
{
    private const int MaxInputs = 2048;
    private const int UsualDimensions = 1536;

    public FrozenDictionary<string, Field> Fields => OpenAI.Fields.Embedding;

    public async Task<Ending> AnswerAsync(OpenAICall call)
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
            Data = [.. texts.Select((text, index) => new Embedding(index, Encode(Vector(call, text.Text, dimensions), base64)))],
            Usage = script.NoUsage ? null : new Usage { PromptTokens = tokens, TotalTokens = tokens },
        };
        return await AnswerSender.WholeAsync(call, response, OpenAICall.Serialize(list, OpenAIJson.Wire.EmbeddingList), tokens: 0);
    }

    /// <summary>Depends on model and text only: equal texts in two requests are equal vectors, and shorter ones are prefixes before scaling.</summary>
    private static float[] Vector(OpenAICall call, string text, int dimensions)
    {
        var model = StableRandom.SeedOf(call.Seed, Encoding.UTF8.GetBytes(FaultDirectives.ModelName(call.Model)));
        var random = new StableRandom(StableRandom.SeedOf(model, Encoding.UTF8.GetBytes(text)));
        var vector = new float[dimensions];
        var squares = 0.0;
        for (var index = 0; index < dimensions; index++)
        {
            vector[index] = (random.Next(2_000_001) - 1_000_000) / 1_000_000f;
            squares += (double)vector[index] * vector[index];
        }

        // One dimension may have come out as 0; a vector without a direction is no answer.
        if (squares == 0)
        {
            vector[0] = 1;
            squares = 1;
        }

        var scale = 1 / Math.Sqrt(squares);
        for (var index = 0; index < dimensions; index++)
        {
            vector[index] = (float)(vector[index] * scale);
        }

        return vector;
    }

    // Every machine that .NET 10 runs on is little-endian, which is what the protocol wants.
    private static JsonElement Encode(float[] vector, bool base64) => base64
        ? JsonSerializer.SerializeToElement(Convert.ToBase64String(MemoryMarshal.AsBytes<float>(vector)), OpenAIJson.Wire.String)
        : JsonSerializer.SerializeToElement(vector, OpenAIJson.Wire.SingleArray);
}
