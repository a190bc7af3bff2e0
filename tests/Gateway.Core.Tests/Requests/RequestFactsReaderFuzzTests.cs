using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Core.Errors;
using Gateway.Core.Requests;

namespace Gateway.Core.Tests.Requests;

/// <summary>Seeded random input: a failure repeats with its seed.</summary>
public sealed class RequestFactsReaderFuzzTests
{
    private const string Sample = """{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},"max_tokens":12,"n":1,"user":"é\u00e9","messages":[{"role":"user","content":[{"type":"text","text":"a\"b"}]}],"temperature":0.5}""";

    private const string Steered =
        """{"model":"gpt-4o","models":["a\/b","c"],"provider":{"order":["x"],"max_price":{"prompt":"1.5","completion":2}},"tools":[{}],"reasoning":{"effort":"low"},"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]}]}""";

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = RequestFactsReader.MaxDepth, AllowDuplicateProperties = true };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomBytes_NeverThrow(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 5_000; round++)
        {
            var body = new byte[random.Next(0, 200)];
            random.NextBytes(body);
            if (body.Length > 0 && random.Next(2) == 0)
            {
                body[0] = (byte)'{';
            }

            Check(body);
        }
    }

    [Theory]
    [InlineData(11, Sample)]
    [InlineData(12, Sample)]
    [InlineData(13, Sample)]
    [InlineData(14, Steered)]
    [InlineData(15, Steered)]
    public void MutatedBodies_NeverThrow_AndWhatIsReadAgreesWithAnotherParser(int seed, string from)
    {
        var random = new Random(seed);
        var sample = Encoding.UTF8.GetBytes(from);
        var interesting = "{}[]\",:\\u0tfn1-.eE \n\0\u007F"u8.ToArray();
        var read = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var body = new List<byte>(sample);
            for (var edits = random.Next(1, 4); edits > 0; edits--)
            {
                var at = random.Next(body.Count);
                switch (random.Next(4))
                {
                    case 0: body[at] = interesting[random.Next(interesting.Length)]; break;
                    case 1: body.Insert(at, (byte)random.Next(256)); break;
                    case 2: body.RemoveRange(at, Math.Min(random.Next(1, 8), body.Count - at)); break;
                    default: body.InsertRange(at, body.GetRange(at, Math.Min(random.Next(1, 30), body.Count - at))); break;
                }
            }

            read += Check([.. body]) ? 1 : 0;
        }

        // Otherwise the comparison has compared nothing.
        Assert.True(read > 100, $"only {read} bodies were read");
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void GeneratedBodies_AreReadAsWritten(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 2_000; round++)
        {
            var stream = random.Next(2) == 0;
            var cap = random.Next(1, 10_000_000);
            var model = "m" + random.Next(1000);
            List<string> members =
            [
                $"\"model\":{Space(random)}\"{model}\"", $"\"stream\":{(stream ? "true" : "false")}", $"\"max_completion_tokens\":{cap}",
                """ "messages":[{"role":"user","content":"{\"model\":\"x\"}"}] """, $"\"x{random.Next()}\":{Nested(random, 20)}", $"\"y\":{Nested(random, 5)}",
            ];
            var text = Space(random) + "{" + string.Join("," + Space(random), members.OrderBy(_ => random.Next())) + "}" + Space(random);

            var body = Encoding.UTF8.GetBytes(text);
            Assert.True(RequestFactsReader.TryRead(body, LlmOperation.ChatCompletions, out var facts, out var error), $"{error?.Message}: {text}");
            Assert.Equal((model, stream, (long)cap), (facts.Model, facts.Stream, facts.OutputCap));
            Assert.Equal($"\"{model}\"", Encoding.UTF8.GetString(body, facts.ModelToken.Start, facts.ModelToken.Length));
        }
    }

    private static bool Check(byte[] body)
    {
        RequestNeeds.Read(LlmOperation.ChatCompletions, body);
        var read = RequestFactsReader.TryRead(body, LlmOperation.ChatCompletions, out var facts, out var error);
        if (!read)
        {
            Assert.Equal(GatewayErrorKind.InvalidRequest, error!.Kind);
            return false;
        }

        using var document = JsonDocument.Parse(body, Strict);
        var root = document.RootElement;
        if (root.TryGetProperty("model", out var model))
        {
            Assert.Equal(model.GetString(), facts.Model);
            Assert.Equal(facts.Model, JsonSerializer.Deserialize<string>(body.AsSpan(facts.ModelToken.Start, facts.ModelToken.Length)));
        }
        else
        {
            Assert.Equal((root.GetProperty("models")[0].GetString(), 0), (facts.Model, facts.ModelToken.Length));
        }

        var own = facts.OwnMembers?.Select(range => Encoding.UTF8.GetString(body, range.Start, range.Length)) ?? [];
        var written = root.EnumerateObject().Where(static member => member.Name is "models" or "provider");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("{" + string.Join(',', own) + "}"), new JsonObject(written.Select(static member => KeyValuePair.Create(member.Name, JsonNode.Parse(member.Value.GetRawText()))))));
        Assert.Equal(root.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True, facts.Stream);
        Assert.Equal(root.TryGetProperty("max_tokens", out var cap) && cap.ValueKind == JsonValueKind.Number ? cap.GetInt64() : -1, facts.OutputCap);
        Assert.Equal(root.TryGetProperty("user", out var user) ? user.GetString() ?? "" : "", facts.User);
        Assert.Equal((byte)'{', body[facts.FirstMemberOffset - 1]);
        var options = root.TryGetProperty("stream_options", out var given) ? given.GetRawText() : "";
        Assert.Equal(options, Encoding.UTF8.GetString(body, facts.StreamOptionsToken.Start, facts.StreamOptionsToken.Length));
        return true;
    }

    private static string Space(Random random) => new(' ', random.Next(3));

    private static string Nested(Random random, int depth) => random.Next(depth == 0 ? 3 : 5) switch
    {
        0 => "null",
        1 => "-1.5e-3",
        2 => "\"\\u006dodel \\\" é\"",
        3 => $"[{Nested(random, depth - 1)},{Nested(random, depth - 1)}]",
        _ => $"{{\"model\":{Nested(random, depth - 1)}}}",
    };
}
