using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Moderation.Content;

namespace Gateway.Moderation.Tests.Content;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("""\u0041\n\t\"\\\/\b\f\r""", "A\n\t\"\\/\b\f\r")]
    [InlineData("""\ud83d\ude42 é 🙂""", "🙂 é 🙂")]
    [InlineData("", "")]
    public void Unescape_AnyEscape_GivesTheText(string raw, string text) => Assert.Equal(text, JsonText.Unescape(Encoding.UTF8.GetBytes(raw)));

    [Fact]
    public void Unescape_HalfASurrogatePair_IsKept() => Assert.Equal("\ud800", JsonText.Unescape("""\ud800"""u8));

    [Fact]
    public void Write_RandomText_IsReadBackTheSame()
    {
        var random = new Random(7);
        for (var round = 0; round < 2_000; round++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(20)).Select(_ => (char)(random.Next(4) == 0 ? 0xD800 + random.Next(0x800) : random.Next(0x300)))]);
            var output = new ArrayBufferWriter<byte>();
            JsonText.Write(output, text);
            var reader = new Utf8JsonReader(output.WrittenSpan);
            Assert.True(reader.Read());
            Assert.Equal(text, JsonText.Unescape(output.WrittenSpan[1..^1]));
        }
    }
}
