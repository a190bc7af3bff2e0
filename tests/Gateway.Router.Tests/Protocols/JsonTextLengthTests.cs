using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Router.Protocols;

namespace Gateway.Router.Tests.Protocols;

public sealed class JsonTextLengthTests
{
    [Theory]
    [InlineData("\"", 0, 0)]
    [InlineData("word\"}", 4, 4)]
    [InlineData("日本 🙂\"", 11, 11)]
    [InlineData("a\\\\b\\\"\",", 4, 6)]
    [InlineData("\\u0041\\u00e9\\u20AC\\ud83D\\uDe00z\",", 11, 31)]
    [InlineData("\\n\\t\\u000a\"}", 3, 10)]
    public void Length_IsThatOfTheText_HoweverItIsWritten(string json, int bytes, int end)
    {
        Assert.Equal(bytes, JsonTextLength.InUtf8(Encoding.UTF8.GetBytes(json), out var at));
        Assert.Equal(end, at);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("word", 4)]
    [InlineData("word\\", 5)]
    [InlineData("\\\"", 1)]
    [InlineData("\\u00", 3)]
    [InlineData("""\uzzzz""", 5)]
    [InlineData("""\u-123""", 5)]
    public void Length_WithoutAnEnd_IsOfWhatIsThere(string json, int bytes)
    {
        Assert.Equal(bytes, JsonTextLength.InUtf8(Encoding.UTF8.GetBytes(json), out var at));
        Assert.Equal(-1, at);
    }

    [Fact]
    public void Length_OfEveryCharacterInBothWritings_IsTheSame()
    {
        for (var point = 0; point <= 0x10FFFF; point += point < 0x3000 ? 1 : 61)
        {
            if (!Rune.IsValid(point))
            {
                continue;
            }

            var text = $"a{new Rune(point)}b";
            var bytes = Encoding.UTF8.GetByteCount(text);
            foreach (var encoder in new[] { JavaScriptEncoder.Default, JavaScriptEncoder.UnsafeRelaxedJsonEscaping })
            {
                var json = JsonEncodedText.Encode(text, encoder).EncodedUtf8Bytes;
                Assert.Equal(bytes, JsonTextLength.InUtf8([.. json, (byte)'"'], out var end));
                Assert.Equal(json.Length, end);
            }
        }
    }
}
