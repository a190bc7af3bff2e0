using System.Text.Json;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Tests.Text;

public sealed class TextTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("word", 1)]
    [InlineData("words", 2)]
    [InlineData("two words", 3)]
    [InlineData("  a\n b ", 3)]
    [InlineData("日本語日本", 2)]
    [InlineData("🙂🙂🙂🙂🙂", 2)]
    [InlineData("\ud800", 1)]
    public void Tokenizer_CountsPiecesOfFourCodePoints(string text, int tokens)
    {
        Assert.Equal(tokens, Tokenizer.Count(text));
        Assert.Equal(text, string.Concat(Tokenizer.Split(text)));
    }

    [Fact]
    public void Answer_TokensGenerated_AreTheTokensOfItsText()
    {
        for (var seed = 0UL; seed < 200; seed++)
        {
            var choice = AnswerWriter.Write(new AnswerOrder { Seed = seed, PromptTokens = 1 }).Choices.Single();
            Assert.Equal(choice.Tokens.Count, Tokenizer.Count(choice.Join(-1)));
        }
    }

    [Fact]
    public void Answer_StopSequence_EndsBeforeIt()
    {
        var whole = AnswerWriter.Write(new AnswerOrder { Seed = 3, PromptTokens = 1, Tokens = 40 }).Choices.Single().Join(-1);
        var stop = whole.Substring(20, 3);

        var cut = AnswerWriter.Write(new AnswerOrder { Seed = 3, PromptTokens = 1, Tokens = 40, Stops = ["never said", stop] }).Choices.Single();

        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], cut.Join(-1));
        Assert.Equal(AnswerEnd.StopSequence, cut.End);
    }

    [Theory]
    [InlineData(10, 10, "Stop")]
    [InlineData(9, 9, "Length")]
    [InlineData(1, 1, "Length")]
    public void Answer_Cap_EndsWithLengthOnlyWhenItCutSomething(int cap, int tokens, string end)
    {
        var choice = AnswerWriter.Write(new AnswerOrder { Seed = 3, PromptTokens = 1, Tokens = 10, MaxTokens = cap }).Choices.Single();
        Assert.Equal((tokens, end), (choice.Tokens.Count, choice.End.ToString()));
    }

    [Fact]
    public void Schema_Sample_HasTheTypesAsked()
    {
        var schema = JsonElement.Parse("""
            {"type":"object","properties":{"s":{"type":"string"},"i":{"type":"integer"},"b":{"type":["boolean","null"]},"e":{"enum":["x","y"]},
             "a":{"type":"array","items":{"type":"number"}},"o":{"type":"object","properties":{"n":{"type":"null"}}},"u":{"anyOf":[{"const":7}]}}}
            """);

        var sample = JsonElement.Parse(SchemaSampler.Sample(schema, 1));

        Assert.Equal(JsonValueKind.String, sample.GetProperty("s").ValueKind);
        Assert.True(sample.GetProperty("i").TryGetInt32(out _));
        Assert.True(sample.GetProperty("b").ValueKind is JsonValueKind.True or JsonValueKind.False);
        Assert.Contains(sample.GetProperty("e").GetString(), new[] { "x", "y" });
        Assert.Equal(JsonValueKind.Number, sample.GetProperty("a")[0].ValueKind);
        Assert.Equal(JsonValueKind.Null, sample.GetProperty("o").GetProperty("n").ValueKind);
        Assert.Equal(7, sample.GetProperty("u").GetInt32());
    }
}
