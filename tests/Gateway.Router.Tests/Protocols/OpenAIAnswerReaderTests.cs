using System.Text;
using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols.OpenAI;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Protocols;

public sealed class OpenAIAnswerReaderTests
{
    public static TheoryData<string> Chat => Recordings.Ids("openai-chat");

    public static TheoryData<string> Embeddings => Recordings.Ids("openai-embeddings");

    [Theory]
    [MemberData(nameof(Chat))]
    [MemberData(nameof(Embeddings))]
    public void Reader_RecordingInRandomPieces_FindsWhatAParserFinds(string id)
    {
        var recording = Recordings.Load(id);
        var random = new Random(4711);
        foreach (var document in Documents(recording))
        {
            for (var round = 0; round < 20; round++)
            {
                var reader = Read(document, () => random.Next(1, 40));
                Check(document, reader);
            }

            Check(document, Read(document, static () => 1));
        }
    }

    [Fact]
    public void Reader_AnyCutIntoTwo_FindsTheSame()
    {
        var document = """{"x_groq":{"id":"a","usage":{"prompt_tokens":1}},"choices":[{"message":{"content":"say \"usage\":{\"prompt_tokens\":999} \\"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12},"model":"m\u002d1"}"""u8.ToArray();
        for (var cut = 0; cut <= document.Length; cut++)
        {
            var reader = new OpenAIAnswerReader();
            reader.Append(document.AsSpan(0, cut));
            Assert.Equal(cut == document.Length, reader.IsWhole);
            reader.Append(document.AsSpan(cut));
            Assert.Equal(new TokenUsage(5, 0, 0, 7, 0), reader.Usage);
            Assert.Equal("m-1", reader.Model);
            Assert.True(reader.IsFinished);
            Assert.True(reader.IsWhole);
        }
    }

    [Theory]
    [InlineData("""{"choices":[{"message":{"content":"\"usage\":{\"prompt_tokens\":9}"}}]}""")]
    [InlineData("""{"choices":[{"message":{"usage":{"prompt_tokens":9}}}]}""")]
    [InlineData("""{"choices":[{},{"usage":{"prompt_tokens":9}}]}""")]
    [InlineData("""{"metadata":{"usage":{"prompt_tokens":9}},"choices":[]}""")]
    [InlineData("""{"usage":null,"choices":[]}""")]
    [InlineData("""{"content":"usage","x":{"prompt_tokens":9}}""")]
    [InlineData("""[{"usage":{"prompt_tokens":9}}]""")]
    [InlineData("""{"usage":{"prompt_tokens":9""")]
    public void Reader_UsageWhereItDoesNotCount_IsNotTaken(string document) => Assert.Null(Read(Encoding.UTF8.GetBytes(document), static () => 3).Usage);

    [Theory]
    [InlineData("""{"usage":{"prompt_tokens":9},"x_groq":{"usage":{"prompt_tokens":1}},"choices":[{"usage":{"prompt_tokens":2}}]}""", 9)]
    [InlineData("""{"x_groq":{"usage":{"prompt_tokens":1}},"usage":{"prompt_tokens":9}}""", 9)]
    [InlineData("""{"x_groq":{"usage":{"prompt_tokens":1}},"choices":[{"usage":{"prompt_tokens":2}}],"usage":null}""", 1)]
    [InlineData("""{"choices":[{"usage":{"prompt_tokens":2}}]}""", 2)]
    public void Reader_SeveralUsages_TheOutermostCounts(string document, long input) => Assert.Equal(input, Read(Encoding.UTF8.GetBytes(document), static () => 7).Usage?.Input);

    [Theory]
    [InlineData("""{"error":{"message":"x"}}""", true)]
    [InlineData("""{"error":"text"}""", true)]
    [InlineData("""{"error":null,"choices":[{}]}""", false)]
    [InlineData("""{"error":"","choices":[{}]}""", false)]
    [InlineData("""{"choices":[{"error":{"a":1}}]}""", false)]
    [InlineData("""{"choices":[{"message":{"content":"error"}}]}""", false)]
    public void Reader_ErrorObject_IsTold(string document, bool isError) => Assert.Equal(isError, Read(Encoding.UTF8.GetBytes(document), static () => 2).IsError);

    [Fact]
    public void Reader_AnyGarbage_DoesNotThrow()
    {
        var random = new Random(99);
        var alphabet = "{}[]\",:\\ nusage1"u8.ToArray();
        for (var round = 0; round < 2_000; round++)
        {
            var document = new byte[random.Next(0, 200)];
            for (var i = 0; i < document.Length; i++)
            {
                document[i] = alphabet[random.Next(alphabet.Length)];
            }

            Read(document, () => random.Next(1, 9));
        }

        // Deeper than it tracks, and a usage object larger than it keeps.
        Read(Encoding.UTF8.GetBytes(new string('[', 5_000) + new string('}', 6_000)), static () => 100);
        Assert.Null(Read(Encoding.UTF8.GetBytes("{\"usage\":{\"prompt_tokens\":1,\"x\":\"" + new string('a', 40_000) + "\"}}"), static () => 1_000).Usage);
    }

    private static IEnumerable<byte[]> Documents(Recording recording) => !recording.Streaming
        ? [recording.Response]
        : Encoding.UTF8.GetString(recording.Response).Split('\n').Where(static line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(static line => Encoding.UTF8.GetBytes(line[6..].TrimEnd()));

    private static OpenAIAnswerReader Read(byte[] document, Func<int> next)
    {
        var reader = new OpenAIAnswerReader();
        for (var at = 0; at < document.Length;)
        {
            var length = Math.Min(next(), document.Length - at);
            reader.Append(document.AsSpan(at, length));
            at += length;
        }

        return reader;
    }

    /// <summary>The same questions, asked of a full parser.</summary>
    private static void Check(byte[] document, OpenAIAnswerReader reader)
    {
        using var json = JsonDocument.Parse(document);
        var root = json.RootElement;
        var usage = Member(root, "usage") ?? Member(Member(root, "x_groq"), "usage");
        if (Member(root, "choices") is { ValueKind: JsonValueKind.Array } choices)
        {
            usage ??= choices.EnumerateArray().Select(static choice => Member(choice, "usage")).FirstOrDefault();
            Assert.Equal(choices.EnumerateArray().Any(static choice => Member(choice, "finish_reason") is { ValueKind: JsonValueKind.String } reason && reason.GetString() != ""), reader.IsFinished);
            Assert.Equal(choices.GetArrayLength() == 0, reader.HasEmptyChoices);
        }

        Assert.True(reader.IsWhole);
        Assert.Equal(usage is not null, reader.Usage is not null);
        Assert.Equal(Member(root, "error") is not null, reader.HasError);
        if (root.TryGetProperty("model", out var model) && model.GetString() is { Length: > 0 } name)
        {
            Assert.Equal(name, reader.Model);
        }

        if (usage is { } expected && reader.Usage is { } actual)
        {
            Assert.Equal(Number(expected, "prompt_tokens"), actual.Input);
            Assert.Equal(Number(expected, "completion_tokens"), actual.Output);
            Assert.Equal(Number(Member(expected, "completion_tokens_details"), "reasoning_tokens"), actual.Reasoning);
            Assert.Equal(Math.Max(Number(Member(expected, "prompt_tokens_details"), "cached_tokens"), Math.Max(Number(expected, "prompt_cache_hit_tokens"), Number(expected, "num_cached_tokens"))), actual.CachedInput);
        }
    }

    private static JsonElement? Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;

    private static long Number(JsonElement? element, string name) => Member(element, name)?.GetInt64() ?? 0;
}
