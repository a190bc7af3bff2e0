using System.Text;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Microsoft.Extensions.Primitives;

namespace Gateway.Core.Tests.Requests;

/// <summary>Forms: the parts that steer, and everything that two readers could read differently.</summary>
public sealed class FormFactsTests
{
    private const string ModelPart = "--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n";
    private const string FilePart = "--b1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\nContent-Type: audio/mpeg\r\n\r\n\0\u0001\r\n-\r\n--\r\n\r\n";
    private const string End = "--b1--\r\n";

    [Theory]
    [InlineData("multipart/form-data; boundary=b1", "multipart/form-data; boundary=b1")]
    [InlineData("Multipart/Form-Data; charset=utf-8; Boundary=\"b1\"", "multipart/form-data; boundary=b1")]
    [InlineData("multipart/form-data; boundary=\"a:b\"", "multipart/form-data; boundary=\"a:b\"")]
    public void ContentType_WithABoundary_IsWrittenAnew(string given, string written)
    {
        Assert.True(FormBoundary.TryParse(given, out var boundary));
        Assert.Equal(written, boundary.ContentType);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("multipart/mixed; boundary=b1")]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=")]
    [InlineData("multipart/form-data; boundary=b1; boundary=b2")]
    [InlineData("multipart/form-data; boundary=b1; boundary*=utf-8''b2")]
    [InlineData("multipart/form-data; boundary=\"a b\"")]
    [InlineData("multipart/form-data; boundary=\"a\\\"b\"")]
    [InlineData("multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void ContentType_ThatIsNotOneBoundary_IsRefused(string given) => Assert.False(FormBoundary.TryParse(given, out _));

    [Fact]
    public void ContentType_SentTwice_IsRefused() =>
        Assert.False(FormBoundary.TryParse(new StringValues(["multipart/form-data; boundary=b1", "multipart/form-data; boundary=b2"]), out _));

    [Theory]
    [InlineData(ModelPart + FilePart + End)]
    [InlineData(FilePart + ModelPart + "--b1--")]
    [InlineData("--b1\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-disposition: form-data; name=model\r\n\r\nwhisper-1\r\n" + FilePart + End)]
    public async Task Model_WhereverItsPartStands_IsReadWithItsPlace(string body)
    {
        var (facts, error) = await ReadAsync(body);

        Assert.Null(error);
        Assert.Equal(("whisper-1", false, -1L, 1, ""), (facts.Model, facts.Stream, facts.OutputCap, facts.CandidateCount, facts.User));
        Assert.Equal("whisper-1", body.Substring(facts.ModelToken.Start, facts.ModelToken.Length));
    }

    [Fact]
    public async Task PartsThatSteer_AreFacts()
    {
        var (facts, error) = await ReadAsync(ModelPart + Part("stream", "true") + Part("n", "3") + Part("user", "anna") + Part("timestamp_granularities[]", "word") + End);

        Assert.Null(error);
        Assert.Equal((true, 3, "anna"), (facts.Stream, facts.CandidateCount, facts.User));
    }

    [Theory]
    [InlineData(FilePart + End, "model", "missing")]
    [InlineData("--b1--\r\n", "model", "missing")]
    [InlineData(ModelPart + ModelPart + End, "model", "second")]
    [InlineData(ModelPart + "--b1\r\nContent-Disposition: form-data; name=\"Model\"\r\n\r\nx\r\n" + End, "model", "variant")]
    [InlineData("--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n\r\n" + End, "model", "model name")]
    [InlineData("--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\na\r\nb\r\n" + End, "model", "model name")]
    [InlineData("--b1\r\nContent-Disposition: form-data; name=\"model\"; filename=\"m\"\r\n\r\na\r\n" + End, "model", "plain text")]
    [InlineData("--b1\r\nContent-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ==\r\n" + End, "model", "plain text")]
    [InlineData("--b1\r\nContent-Disposition: form-data; name=\"model\"\r\nContent-Length: 1\r\n\r\na\r\n" + End, "model", "plain text")]
    [InlineData("--b1\r\nContent-Disposition: form-data; name=\"model\"\r\nContent-Type: text/plain; charset=utf-16\r\n\r\na\r\n" + End, "model", "plain text")]
    [InlineData(ModelPart + "--b1\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\n1\r\n" + End, "stream", "true or false")]
    [InlineData(ModelPart + "--b1\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n0\r\n" + End, "n", "1 to 128")]
    [InlineData(ModelPart + "--b1\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n2x\r\n" + End, "n", "1 to 128")]
    [InlineData(ModelPart + "--b1\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n+2\r\n" + End, "n", "1 to 128")]
    [InlineData(ModelPart + "--b1\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n-2\r\n" + End, "n", "1 to 128")]
    [InlineData(ModelPart + "--b1\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n1.5\r\n" + End, "n", "1 to 128")]
    [InlineData(ModelPart + "--b1\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n1e1\r\n" + End, "n", "1 to 128")]
    [InlineData(ModelPart + "--b1\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n129\r\n" + End, "n", "1 to 128")]
    [InlineData(ModelPart + "--b1\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n999999999999\r\n" + End, "n", "1 to 128")]
    [InlineData(ModelPart + "--b1\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n\r\n" + End, "n", "1 to 128")]
    public async Task PartThatSteers_WrongOrTwice_IsRefusedByName(string body, string param, string words)
    {
        var (_, error) = await ReadAsync(body);

        Assert.Equal((GatewayErrorKind.InvalidRequest, param), (error?.Kind, error?.Param));
        Assert.Contains(words, error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"model\":\"m\"}")]
    [InlineData("preamble\r\n" + ModelPart + End)]
    [InlineData(ModelPart + End + "epilogue")]
    [InlineData(ModelPart + "--b1\r\n")]
    [InlineData(ModelPart)]
    [InlineData("--b1 \r\nContent-Disposition: form-data; name=\"model\"\r\n\r\na\r\n" + End)]
    [InlineData("--b1\nContent-Disposition: form-data; name=\"model\"\n\na\n--b1--\n")]
    // A second part for readers that take a line feed alone, or the boundary anywhere, for a delimiter.
    [InlineData(ModelPart + "--b1\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\n--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nother\r\n" + End)]
    [InlineData(ModelPart + "--b1\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx--b1y\r\n" + End)]
    [InlineData(ModelPart + "--b1--\r\n--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nother\r\n" + End)]
    [InlineData("--b1\r\n--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\na\r\n" + End)]
    public async Task Delimiters_ThatReadersCutDifferently_AreRefused(string body) => await AssertUnreadableAsync(body);

    [Theory]
    [InlineData("Content-Type: text/plain")]
    [InlineData("Content-Disposition: attachment; name=\"model\"")]
    [InlineData("Content-Disposition: form-data")]
    [InlineData("Content-Disposition: form-data; name=\"\"")]
    [InlineData("Content-Disposition: form-data; name=\"mo%64el\"")]
    [InlineData("Content-Disposition: form-data; name=\"x\"; name=\"model\"")]
    [InlineData("Content-Disposition: form-data; name=\"x\"; name*=utf-8''model")]
    [InlineData("Content-Disposition: form-data; name=\"x\"; filename=\"a\\\"; name=\\\"model\"")]
    [InlineData("Content-Disposition: form-data; name=\"x\"\r\nContent-Disposition: form-data; name=\"model\"")]
    [InlineData("Content-Disposition: form-data; name=\"x\"\r\n ; name: \"model\"")]
    [InlineData("Content-Disposition: form-data; name=\"x\"\r\nX: a\nContent-Disposition: form-data; name=\"model\"")]
    [InlineData("no header at all")]
    public async Task Headers_ThatReadersReadDifferently_AreRefused(string headers) =>
        await AssertUnreadableAsync(ModelPart + "--b1\r\n" + headers + "\r\n\r\nother\r\n" + End);

    [Fact]
    public async Task Parts_BeyondTheirNumber_AreRefused()
    {
        Assert.Null((await ReadAsync(ModelPart + string.Concat(Enumerable.Repeat(Part("x", "1"), FormFactsReader.MaxParts - 1)) + End)).Error);
        await AssertUnreadableAsync(ModelPart + string.Concat(Enumerable.Repeat(Part("x", "1"), FormFactsReader.MaxParts)) + End);
    }

    /// <summary>Seeded: whatever is cut, doubled or changed, the reader answers, and what it reads stands where it says.</summary>
    [Fact]
    public async Task MutatedForms_NeverThrow()
    {
        var random = new Random(7);
        var sample = Encoding.Latin1.GetBytes(ModelPart + FilePart + Part("stream", "true") + End);
        var read = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var body = sample.ToArray();
            for (var changes = random.Next(3); changes >= 0; changes--)
            {
                body[random.Next(body.Length)] = "\r\n-b1:;=\"\\ nam\0"u8[random.Next(15)];
            }

            var length = random.Next(4) == 0 ? random.Next(body.Length) : body.Length;
            var (facts, error) = await FormFactsReader.ReadAsync(body.AsMemory(0, length), Boundary);
            if (error is null)
            {
                read++;
                Assert.Equal(facts.Model, Encoding.ASCII.GetString(body, facts.ModelToken.Start, facts.ModelToken.Length));
            }
        }

        Assert.InRange(read, 100, 19_000);
    }

    private static FormBoundary Boundary => FormBoundary.TryParse("multipart/form-data; boundary=b1", out var boundary) ? boundary : throw new InvalidOperationException();

    private static string Part(string name, string value) => $"--b1\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n";

    private static ValueTask<(RequestFacts Facts, GatewayError? Error)> ReadAsync(string body) => FormFactsReader.ReadAsync(Encoding.Latin1.GetBytes(body), Boundary);

    private static async Task AssertUnreadableAsync(string body)
    {
        var (_, error) = await ReadAsync(body);

        Assert.Equal((GatewayErrorKind.InvalidRequest, null), (error?.Kind, error?.Param));
    }
}
