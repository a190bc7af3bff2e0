using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;

namespace Gateway.Core.Tests.Requests;

/// <summary>Seeded random input for the facts of every protocol: nothing throws, and what is read is what another parser reads.</summary>
public sealed class ProtocolFactsFuzzTests
{
    private static readonly PathFacts Path = new("gem", Stream: false, AsArray: false);

    [Theory]
    [InlineData(LlmOperation.Responses, """{"model":"gem","stream":true,"max_output_tokens":12,"user":"a","input":[{"role":"user","content":"x"}]}""", "max_output_tokens", null)]
    [InlineData(LlmOperation.Messages, """{"model":"gem","stream":true,"max_tokens":12,"metadata":{"user_id":"a"},"messages":[{"role":"user","content":"x"}]}""", "max_tokens", null)]
    [InlineData(LlmOperation.GenerateContent, """{"model":"models/gem","generationConfig":{"maxOutputTokens":12,"topK":1.5},"contents":[{"parts":[{"text":"x"}]}]}""", "generationConfig", "maxOutputTokens")]
    [InlineData(LlmOperation.GenerateContent, """{"generation_config":{"max_output_tokens":12,"stop":["a"]},"contents":[{"parts":[{"text":"x"}]}]}""", "generation_config", "max_output_tokens")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"gem","stream":true,"options":{"num_predict":12,"seed":-1},"messages":[{"role":"user","content":"x"}]}""", "options", "num_predict")]
    [InlineData(LlmOperation.BatchEmbedContents, """{"requests":[{"model":"models/gem","content":{"parts":[{"text":"x"}]}},{"content":{}}]}""", null, null)]
    public void MutatedBodies_NeverThrow_AndWhatIsReadAgreesWithAnotherParser(LlmOperation operation, string sample, string? outer, string? inner)
    {
        var random = new Random(operation.GetHashCode() + sample.Length);
        var good = Encoding.UTF8.GetBytes(sample);
        var interesting = "{}[]\",:\\u0tfn1-.eE_ \n\0"u8.ToArray();
        var read = 0;
        for (var round = 0; round < 10_000; round++)
        {
            var body = new List<byte>(good);
            for (var edits = random.Next(1, 4); edits > 0; edits--)
            {
                var at = random.Next(body.Count);
                switch (random.Next(4))
                {
                    case 0: body[at] = interesting[random.Next(interesting.Length)]; break;
                    case 1: body.Insert(at, (byte)random.Next(128)); break;
                    case 2: body.RemoveRange(at, Math.Min(random.Next(1, 8), body.Count - at)); break;
                    default: body.InsertRange(at, body.GetRange(at, Math.Min(random.Next(1, 30), body.Count - at))); break;
                }
            }

            read += Check(operation, [.. body], outer, inner) ? 1 : 0;
        }

        // Otherwise the comparison has compared nothing.
        Assert.True(read > 50, $"only {read} bodies were read");
    }

    private static bool Check(LlmOperation operation, byte[] body, string? outer, string? inner)
    {
        var isGemini = LlmOperations.ProtocolOf(operation) == LlmProtocol.Gemini;
        if (!RequestFactsReader.TryRead(body, operation, isGemini ? Path : null, out var facts, out var error))
        {
            Assert.Equal(GatewayErrorKind.InvalidRequest, error.Kind);
            return false;
        }

        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        if (isGemini)
        {
            Assert.Equal("gem", facts.Model);
            Assert.True(!root.TryGetProperty("model", out var again) || again.ValueKind == JsonValueKind.Null || again.GetString() is "gem" or "models/gem");
        }
        else
        {
            Assert.Equal(root.GetProperty("model").GetString(), facts.Model);
            var byDefault = operation == LlmOperation.OllamaChat;
            Assert.Equal(root.TryGetProperty("stream", out var stream) && stream.ValueKind != JsonValueKind.Null ? stream.GetBoolean() : byDefault, facts.Stream);
        }

        if (operation == LlmOperation.BatchEmbedContents)
        {
            Assert.All(root.GetProperty("requests").EnumerateArray(), static request =>
                Assert.True(!request.TryGetProperty("model", out var model) || model.ValueKind == JsonValueKind.Null || model.GetString() is "gem" or "models/gem"));
        }

        if (outer is not null)
        {
            Assert.Equal(Cap(root, outer, inner), facts.OutputCap);
        }

        return true;
    }

    private static long Cap(JsonElement root, string outer, string? inner)
    {
        if (!root.TryGetProperty(outer, out var value) || (inner is not null && (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(inner, out value))))
        {
            return -1;
        }

        return value.ValueKind == JsonValueKind.Number && value.GetDouble() > 0 ? (long)value.GetDouble() : -1;
    }
}
