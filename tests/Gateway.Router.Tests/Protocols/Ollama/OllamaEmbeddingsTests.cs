using System.Buffers;
using System.Text;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.Ollama;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Protocols.Ollama;

public sealed class OllamaEmbeddingsTests
{
    [Fact]
    public void Answer_Recorded_IsReadAndFollowed()
    {
        var recording = Recordings.Load("ollama-embeddings-embeddings");
        var embeddings = OllamaCases.Upstream.ReadEmbeddings(recording.Response);
        Assert.Equal(10, Assert.Single(embeddings.Vectors).Length);
        Assert.Equal(0.010071029f, embeddings.Vectors[0][0]);
        Assert.Equal((new TokenUsage(8, 0, 0, 0, 0), "all-minilm"), (embeddings.Usage, embeddings.Model));

        var reader = OllamaCases.Upstream.ReadAnswer(LlmOperation.OllamaEmbed);
        foreach (var one in recording.Response)
        {
            Assert.False(reader.IsWhole);
            reader.Append([one]);
        }

        Assert.True(reader is { IsWhole: true, IsError: false, Model: "all-minilm" });
        Assert.Equal(8, reader.Usage!.Value.Input);
    }

    [Fact]
    public void Answer_Error_IsFollowedAsOne()
    {
        var reader = OllamaCases.Upstream.ReadAnswer(LlmOperation.OllamaEmbed);
        reader.Append("""{"error":"no"}"""u8);
        Assert.True(reader is { IsWhole: true, IsError: true });
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"embeddings":[1]}""")]
    [InlineData("""{"embeddings":[["x"]]}""")]
    public void Answer_NoneOfTheProtocol_IsInvalid(string document) =>
        Assert.Throws<InvalidDataException>(() => OllamaCases.Upstream.ReadEmbeddings(Encoding.UTF8.GetBytes(document)));

    [Fact]
    public void Request_ForTheUpstream_HasAListAndNamesLosses()
    {
        var request = new NeutralEmbeddingRequest { Model = "asked", Dimensions = 64, TaskType = "X", EndUser = "u" };
        request.Inputs.AddRange(["a", "é"]);
        request.Foreign.Add(new ForeignField(new SourcePath("odd"), ChangesAnswer: false));
        var notes = new TranslationNotes();
        Assert.Equal("""{"model":"llama3","input":["a","é"],"dimensions":64}""", Write(request, notes));
        Assert.Equal("dropped=odd,taskType,user", notes.ToHeader());
    }

    [Fact]
    public void Request_TokenIds_AreRefused() =>
        Assert.Equal("input", Assert.Throws<GatewayException>(() => Write(new NeutralEmbeddingRequest { Model = "asked", Tokens = OllamaCases.Json("[1]") }, new TranslationNotes())).Error.Param);

    [Fact]
    public void Request_OfAClient_IsRead()
    {
        var single = Read("""{"model":"m","input":"a","dimensions":5,"keep_alive":"5m","truncate":null}""");
        Assert.Equal(["a"], single.Inputs);
        Assert.True(single is { IsSingle: true, Dimensions: 5 });
        Assert.Equal("keep_alive", Assert.Single(single.Foreign).Path.ToString());
        var list = Read("""{"input":["a","b"]}""");
        Assert.Equal(["a", "b"], list.Inputs);
        Assert.Equal(["input[0]", "input[1]"], list.Paths.Select(static path => path.ToString()));
        Assert.False(list.IsSingle);
    }

    [Theory]
    [InlineData("{}", "input")]
    [InlineData("""{"input":""}""", "input")]
    [InlineData("""{"input":[]}""", "input")]
    [InlineData("""{"input":["a",""]}""", "input[1]")]
    [InlineData("""{"input":["a",1]}""", "input[1]")]
    [InlineData("""{"input":1}""", "input")]
    [InlineData("""{"input":"a","dimensions":"b"}""", "dimensions")]
    public void Request_OfAClientThatIsWrong_IsNamed(string body, string path) => Assert.Equal(path, Assert.Throws<GatewayException>(() => Read(body)).Error.Param);

    [Fact]
    public void Answer_ToAClient_HasVectorsAndCounts()
    {
        var output = new ArrayBufferWriter<byte>();
        OllamaCases.Client.WriteEmbeddings(
            new NeutralEmbeddings([[0.5f, -1f], [0.1f]], new TokenUsage(6, 0, 0, 0, 0), "up"), new NeutralEmbeddingRequest { Model = "asked" }, OllamaCases.Context(LlmOperation.OllamaEmbed), output);
        Assert.Equal("""{"model":"asked","embeddings":[[0.5,-1],[0.1]],"total_duration":1500000000,"load_duration":0,"prompt_eval_count":6}""", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void OldEndpoint_OnePrompt_IsOneVector()
    {
        var request = Read("""{"prompt":"a","dimensions":5}""", LlmOperation.OllamaEmbeddings);
        Assert.Equal(["a"], request.Inputs);
        Assert.Equal("dimensions", Assert.Single(request.Foreign).Path.ToString());
        Assert.Equal("prompt", Assert.Throws<GatewayException>(() => Read("""{"input":"a"}""", LlmOperation.OllamaEmbeddings)).Error.Param);
        Assert.Equal("prompt", Assert.Throws<GatewayException>(() => Read("""{"prompt":["a"]}""", LlmOperation.OllamaEmbeddings)).Error.Param);
        var output = new ArrayBufferWriter<byte>();
        OllamaCases.Client.WriteEmbeddings(new NeutralEmbeddings([[0.5f, 2f]], null, null), request, OllamaCases.Context(LlmOperation.OllamaEmbeddings), output);
        Assert.Equal("""{"embedding":[0.5,2]}""", Encoding.UTF8.GetString(output.WrittenSpan));
        Assert.Equal([0.5f, 2f], Assert.Single(OllamaCases.Upstream.ReadEmbeddings(output.WrittenSpan).Vectors));
    }

    private static NeutralEmbeddingRequest Read(string body, LlmOperation operation = LlmOperation.OllamaEmbed) =>
        OllamaCases.Client.ReadEmbeddings(OllamaCases.Json(body), new ClientCall(operation, "asked", Stream: false), new TranslationNotes());

    private static string Write(NeutralEmbeddingRequest request, TranslationNotes notes)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = OllamaLines.Writer(output))
        {
            OllamaCases.Upstream.WriteEmbeddings(new Translation(new NeutralRequest { Model = "asked" }, OllamaCases.Client, "llama3", UpstreamTraits.Default, notes), request, json);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
