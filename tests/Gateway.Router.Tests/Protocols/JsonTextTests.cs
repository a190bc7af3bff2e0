using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols;

namespace Gateway.Router.Tests.Protocols;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("plain é😀", "plain é😀")]
    [InlineData("\\n\\t\\r\\b\\f\\/\\\\\\\"", "\n\t\r\b\f/\\\"")]
    [InlineData("""\u0041\u00e9\u20AC\ud83D\uDe00z""", "Aé€😀z")]
    [InlineData("""\ud83d""", "\uFFFD")]
    [InlineData("""\ud83d\u0041""", "\uFFFDA")]
    [InlineData("""\udc00\ud83d\n""", "\uFFFD\uFFFD\n")]
    [InlineData("", "")]
    public void Unescape_AnyEscape_IsPlainText(string escaped, string expected)
    {
        byte[] scratch = [];
        Assert.Equal(expected, Encoding.UTF8.GetString(JsonText.Unescape(Encoding.UTF8.GetBytes(escaped), ref scratch)));
    }

    [Fact]
    public void Unescape_BrokenBytes_AreReplaced()
    {
        byte[] scratch = [];
        Assert.Equal("a\uFFFDb\n", Encoding.UTF8.GetString(JsonText.Unescape([(byte)'a', 0xC3, (byte)'b', (byte)'\\', (byte)'n'], ref scratch)));
    }

    [Fact]
    public void Unescape_RandomTexts_AgreesWithTheRuntime()
    {
        var random = new Random(20_261_121);
        byte[] scratch = [];
        for (var round = 0; round < 2_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(0, 12)).Select(_ => new Rune(random.Next(4) switch { 0 => random.Next(0x20), 1 => random.Next(0x20, 0x80), 2 => random.Next(0x80, 0xD800), _ => random.Next(0x10000, 0x11000) }).ToString()));
            var json = JsonSerializer.SerializeToUtf8Bytes(text);
            Assert.Equal(text, Encoding.UTF8.GetString(JsonText.Unescape(json.AsSpan(1, json.Length - 2), ref scratch)));
        }
    }

    [Theory]
    [InlineData("""{"a":[1,2.0,"b c\" \\"]}""", """{"a":[1,2.0,"b c\" \\"]}""")]
    [InlineData("""{ "a" : [ 1 , 2.0 ,"b c\" \\" ] } """, """{"a":[1,2.0,"b c\" \\"]}""")]
    [InlineData("\r\n{\t\"\\\\\" : \" \"\n}", """{"\\":" "}""")]
    public void Compact_Document_LosesOnlyTheSpaceBetweenTokens(string document, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(CompactJson.Strip(Encoding.UTF8.GetBytes(document))));
}
