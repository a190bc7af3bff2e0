using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;
using static Gateway.Router.Tests.Protocols.OpenAI.OpenAIChat;

namespace Gateway.Router.Tests.Protocols.OpenAI;

public sealed class EmbeddingsTests
{
    public static TheoryData<string, int, long> Recorded => new()
    {
        { "openai-embeddings-azure-plain-2", 1024, 3 },
        { "openai-embeddings-plain-2", 1536, 9 },
        { "openai-embeddings-plain-3", 1536, 7 },
    };

    [Theory]
    [MemberData(nameof(Recorded))]
    public void Recording_Read_HasItsVectorsAndUsage(string id, int size, long input)
    {
        var recording = Recordings.Load(id);
        var read = Upstream.ReadEmbeddings(recording.Response);
        var vector = Assert.Single(read.Vectors);
        Assert.Equal(size, vector.Length);
        Assert.Equal(new TokenUsage(input, 0, 0, 0, 0), read.Usage);
        using var document = JsonDocument.Parse(recording.Response);
        Assert.Equal(document.RootElement.GetProperty("model").GetString(), read.Model);
        var raw = document.RootElement.GetProperty("data")[0].GetProperty("embedding");
        if (raw.ValueKind == JsonValueKind.Array)
        {
            Assert.Equal(raw.EnumerateArray().Select(static number => number.GetSingle()), vector);
        }
        else
        {
            // Vectors of this model have the length 1; numbers in the wrong byte order would not.
            Assert.InRange(vector.Sum(static number => (double)number * number), 0.999, 1.001);
        }
    }

    [Fact]
    public void Recording_OfAnError_IsNoAnswer() =>
        Assert.Throws<InvalidDataException>(() => Upstream.ReadEmbeddings(Recordings.Load("openai-embeddings-error-400").Response));

    [Fact]
    public void Answer_OutOfOrder_IsOrderedByIndex()
    {
        var read = Upstream.ReadEmbeddings("""{"data":[{"embedding":[3],"index":2},{"index":0,"embedding":[1.5,-2e-3]},{"embedding":"AACAPwAAAMA=","index":1}]}"""u8);
        Assert.Equal([[1.5f, -0.002f], [1f, -2f], [3f]], read.Vectors);
        Assert.Null(read.Usage);
        Assert.Null(read.Model);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"data":{}}""")]
    [InlineData("""{"data":[1]}""")]
    [InlineData("""{"data":[{"index":0}]}""")]
    [InlineData("""{"data":[{"index":1,"embedding":[1]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}""")]
    [InlineData("""{"data":[{"index":-1,"embedding":[1]}]}""")]
    [InlineData("""{"data":[{"index":2000000000,"embedding":[1]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":["1"]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1e99]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":"AAA="}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":"AADAfw=="}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":"?"}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1]}]""")]
    public void Answer_ThatIsNone_IsInvalid(string document) => Assert.Throws<InvalidDataException>(() => Upstream.ReadEmbeddings(Encoding.UTF8.GetBytes(document)));

    [Theory]
    [InlineData("""{"input":"a"}""", "a", true, false)]
    [InlineData("""{"input":["a"]}""", "a", false, false)]
    [InlineData("""{"input":["a","b"],"encoding_format":"base64"}""", "a|b", false, true)]
    [InlineData("""{"input":"a","encoding_format":"float"}""", "a", true, false)]
    [InlineData("""{"input":"a","encoding_format":null,"dimensions":null,"user":null}""", "a", true, false)]
    public void Request_WithTexts_IsRead(string body, string inputs, bool isSingle, bool base64)
    {
        var request = ReadRequest(body);
        Assert.Equal((inputs, isSingle, base64), (string.Join('|', request.Inputs), request.IsSingle, request.Base64));
        Assert.Equal(request.Inputs.Count, request.Paths.Count);
        Assert.Null(request.Tokens);
    }

    [Theory]
    [InlineData("[1,2]")]
    [InlineData("[[1,2],[3]]")]
    public void Request_WithTokens_KeepsThemForOpenAI(string tokens)
    {
        var request = ReadRequest($$"""{"input":{{tokens}}}""");
        Assert.Empty(request.Inputs);
        Assert.Equal(tokens, WriteRequest(request).GetProperty("input").GetRawText());
    }

    [Theory]
    [InlineData("""{"input":""}""", "input")]
    [InlineData("""{"input":[]}""", "input")]
    [InlineData("""{"input":["a",""]}""", "input[1]")]
    [InlineData("""{"input":["a",1]}""", "input[1]")]
    [InlineData("""{"input":[1,"a"]}""", "input")]
    [InlineData("""{"input":[[1],2]}""", "input")]
    [InlineData("""{"input":[[]]}""", "input")]
    [InlineData("""{"input":[[[1]]]}""", "input")]
    [InlineData("""{"input":[1.5]}""", "input")]
    [InlineData("""{"input":[{}]}""", "input")]
    [InlineData("""{"input":3}""", "input")]
    [InlineData("""{"input":"a","encoding_format":"hex"}""", "encoding_format")]
    [InlineData("""{"input":"a","dimensions":0}""", "dimensions")]
    [InlineData("""{"input":"a","dimensions":"x"}""", "dimensions")]
    [InlineData("""{"input":"a","user":1}""", "user")]
    public void Request_OfAWrongShape_IsRefusedByName(string body, string field)
    {
        var exception = Assert.Throws<GatewayException>(() => ReadRequest(body));
        Assert.Equal((GatewayErrorKind.InvalidRequest, field), (exception.Error.Kind, exception.Error.Param));
    }

    [Fact]
    public void Request_ForAnUpstream_SaysWhatOpenAIKnowsAndNamesTheRest()
    {
        var request = ReadRequest("""{"input":"a","dimensions":64,"user":"u","encoding_format":"base64","truncate":true}""");
        request.TaskType = "CLUSTERING";
        request.Title = "t";
        var notes = new TranslationNotes();
        Assert.Equal("""{"model":"upstream-model","input":"a","dimensions":64,"user":"u"}""", WriteRequest(request, notes).GetRawText());
        Assert.Equal(["truncate", "taskType", "title"], notes.Dropped);
    }

    [Fact]
    public void Request_WithAFieldThatChangesTheAnswer_IsRefused()
    {
        var request = ReadRequest("""{"input":"a"}""");
        request.Foreign.Add(new ForeignField(new SourcePath("embedding_types"), ChangesAnswer: true));
        Assert.Equal("embedding_types", Assert.Throws<GatewayException>(() => WriteRequest(request)).Error.Param);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Answer_ForAClient_CanBeReadAgain(bool base64)
    {
        float[][] vectors = [[1.5f, -0.1f, 1e-30f, float.MaxValue], [0f, 2f, 3f, 4f]];
        var request = ReadRequest($$"""{"input":["a","b"],"encoding_format":"{{(base64 ? "base64" : "float")}}"}""");
        var written = WriteAnswer(new NeutralEmbeddings(vectors, new TokenUsage(12, 0, 0, 0, 0), "other"), request);
        Assert.Contains(base64 ? "\"embedding\":\"AADAP8" : "\"embedding\":[1.5,", Encoding.UTF8.GetString(written), StringComparison.Ordinal);
        var read = Upstream.ReadEmbeddings(written);
        Assert.Equal(vectors, read.Vectors);
        Assert.Equal("gpt-test", read.Model);
        Assert.Equal(12, read.Usage?.Input);
    }

    [Fact]
    public void Answer_WithoutUsage_HasOurEstimate() =>
        Assert.Equal("""{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"gpt-test","usage":{"prompt_tokens":7,"total_tokens":7}}""",
            Encoding.UTF8.GetString(WriteAnswer(new NeutralEmbeddings([[1f]], null, null), ReadRequest("""{"input":"a"}"""))));

    private static NeutralEmbeddingRequest ReadRequest(string body) =>
        Client.ReadEmbeddings(JsonDocument.Parse(body).RootElement, new ClientCall(LlmOperation.Embeddings, "gpt-test", Stream: false), new TranslationNotes());

    private static JsonElement WriteRequest(NeutralEmbeddingRequest request, TranslationNotes? notes = null)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            Upstream.WriteEmbeddings(Translate(new NeutralRequest { Model = "gpt-test" }, notes: notes), request, json);
        }

        return JsonDocument.Parse(output.WrittenMemory).RootElement;
    }

    private static byte[] WriteAnswer(NeutralEmbeddings embeddings, NeutralEmbeddingRequest request)
    {
        var output = new ArrayBufferWriter<byte>();
        Client.WriteEmbeddings(embeddings, request, Context(operation: LlmOperation.Embeddings), output);
        return output.WrittenSpan.ToArray();
    }
}
