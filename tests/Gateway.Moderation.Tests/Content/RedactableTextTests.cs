using Gateway.Moderation.Checks;
using Gateway.Moderation.Content;

namespace Gateway.Moderation.Tests.Content;

public sealed class RedactableTextTests
{
    [Fact]
    public void IsOwn_AnySpanAfterRandomRedactions_IsTrueInsideOneReplacementOnly()
    {
        var random = new Random(3);
        for (var round = 0; round < 500; round++)
        {
            // Digits are the client's, letters the operator's; each replacement has a letter of its own, so that two side by side stay two.
            var group = new ContentGroup();
            group.Segments.Add(new ContentSegment(0, 0, new string('0', 30)));
            var text = new RedactableText(group);
            var redactions = new List<Redaction>();
            for (var (start, letter) = (random.Next(4), 'a'); start < 26; letter++)
            {
                var end = start + 1 + random.Next(3);
                redactions.Add(new Redaction(new TextSpan(start, end), 0, new string(letter, random.Next(4))));
                start = end + random.Next(4);
            }

            text.Apply(redactions);

            var written = text.Part(0);
            for (var start = 0; start < written.Length; start++)
            {
                for (var end = start + 1; end <= written.Length; end++)
                {
                    var own = char.IsLetter(written[start]) && written[start..end].Trim(written[start]).Length == 0;
                    Assert.Equal(own, text.IsOwn(new TextSpan(start, end)));
                }
            }
        }
    }

    [Fact]
    public void Apply_MatchThatCutsEarlierReplacements_TakesThemWhole()
    {
        var group = new ContentGroup();
        group.Segments.Add(new ContentSegment(0, 0, "1 2 3 4"));
        var text = new RedactableText(group);
        text.Apply([new Redaction(new TextSpan(0, 1), 0, "aa"), new Redaction(new TextSpan(2, 3), 0, "bb"), new Redaction(new TextSpan(4, 5), 0, "cc")]);
        Assert.Equal("aa bb cc 4", text.Part(0));

        text.Apply([new Redaction(new TextSpan(4, 7), 0, "x")]);

        Assert.Equal("aa x 4", text.Part(0));
    }
}
