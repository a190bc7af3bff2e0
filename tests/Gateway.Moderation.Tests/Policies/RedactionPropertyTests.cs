using System.Text;
using System.Text.Json;
using Gateway.Moderation.Checks;
using Gateway.Moderation.Content;
using Gateway.Moderation.Content.Shapes;

namespace Gateway.Moderation.Tests.Policies;

/// <summary>Random texts against random keywords: whatever the text, no keyword is left and the JSON is whole.</summary>
public sealed class RedactionPropertyTests
{
    // Few, so that they collide; with everything that hides, splits, doubles or needs an escape.
    private static readonly string[] Pieces =
        ["a", "b", "ab", "B", "ａ", " ", "  ", "\n", "\u200B", "\u00A0", "🙂", "\"", "\\", "é", "e\u0301", "炸", "弹", "-", "ß", "ss", "\ud800", "\u0001"];

    [Theory]
    [InlineData("")]
    [InlineData("[redacted]")]
    [InlineData("🙂")]
    public void Redaction_RandomTextsAndKeywords_LeavesNoKeywordAndWholeJson(string replacement)
    {
        var random = new Random(replacement.Length + 1);
        for (var round = 0; round < 3_000; round++)
        {
            var keywords = Enumerable.Range(0, 1 + random.Next(3)).Select(_ => RandomKeyword(random)).ToArray();
            var check = new KeywordCheck("keywords_1", Policy.Redact(keywords) with { Replacement = replacement });
            var parts = Enumerable.Range(0, 1 + random.Next(3)).Select(_ => RandomText(random, 12)).ToArray();
            var body = Encoding.UTF8.GetBytes($$"""{"n" : 1,"messages":[{"role":"user","content":[{{string.Join(" , ", parts.Select(part => $$"""{"type":"text","text":{{Quote(part)}}}"""))}}]}], "x":[]}""");

            var redacted = Run(body, check);

            using var document = JsonDocument.Parse(redacted);
            var content = ContentReader.Read(redacted, OpenAIShapes.Chat);
            Assert.Equal(parts.Length, content.Groups.Single().Segments.Count);

            // What the operator writes is not judged, so a keyword inside the replacement itself may stay.
            if (Find(check, new CheckedText(replacement, [])).Count == 0)
            {
                Assert.Empty(Find(check, new RedactableText(content.Groups.Single()).Snapshot()));
            }
        }
    }

    [Fact]
    public void Redaction_NothingFound_ChangesNoByte()
    {
        var random = new Random(5);
        var check = new KeywordCheck("keywords_1", Policy.Redact("zzz"));
        for (var round = 0; round < 500; round++)
        {
            var body = Encoding.UTF8.GetBytes($$"""{ "messages" : [ {"content":{{Quote(RandomText(random, 20))}} } ] }""");
            Assert.Equal(body, Run(body, check));
        }
    }

    private static List<TextSpan> Find(KeywordCheck check, CheckedText text)
    {
        var found = new List<TextSpan>();
        check.Find(text, found);
        return found;
    }

    private static byte[] Run(byte[] body, IModerationCheck check)
    {
        var result = ModerationRuns.Run(body, OpenAIShapes.Chat, required: true, check);
        Assert.NotEqual("block", result.Action);
        return result.Body;
    }

    private static string RandomKeyword(Random random)
    {
        while (true)
        {
            var keyword = RandomText(random, 3);
            if (MappedText.Fold(keyword).Units.Trim(' ').Length > 0)
            {
                return keyword;
            }
        }
    }

    private static string RandomText(Random random, int pieces) => string.Concat(Enumerable.Range(0, 1 + random.Next(pieces)).Select(_ => Pieces[random.Next(Pieces.Length)]));

    private static string Quote(string text)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        JsonText.Write(output, text);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
