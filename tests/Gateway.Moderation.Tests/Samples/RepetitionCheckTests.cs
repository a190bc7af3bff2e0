using System.Text;
using Gateway.Core.Configuration;
using Gateway.Moderation.Content.Shapes;
using Gateway.Moderation.Tests.Policies;

namespace Gateway.Moderation.Tests.Samples;

public sealed class RepetitionCheckTests
{
    [Theory]
    [InlineData("aaaaaa!", ModerationAction.Redact, "redact", "...!")]
    [InlineData("b!!!!!!", ModerationAction.Redact, "redact", "b...")]
    [InlineData("aaaaaa!", ModerationAction.Block, "block", null)]
    [InlineData("aaaaa!", ModerationAction.Block, "allow", "aaaaa!")]
    [InlineData("", ModerationAction.Block, "allow", "")]
    public void Text_WithARepeatedCharacter_IsTreatedAsThePolicySays(string text, ModerationAction action, string outcome, string? rest)
    {
        var result = ModerationRuns.Run(Body(text), OpenAIShapes.Chat, required: true, new RepetitionCheck("repetition_1", action, most: 5));

        Assert.Equal(outcome, result.Action);
        Assert.Equal(rest is null ? "" : Encoding.UTF8.GetString(Body(rest)), Encoding.UTF8.GetString(result.Body));
    }

    private static byte[] Body(string text) => Encoding.UTF8.GetBytes($$"""{"model":"m","messages":[{"role":"user","content":"{{text}}"}]}""");
}
