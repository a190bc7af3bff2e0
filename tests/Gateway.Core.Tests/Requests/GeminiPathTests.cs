using Gateway.Core.Requests;

namespace Gateway.Core.Tests.Requests;

public sealed class GeminiPathTests
{
    [Theory]
    [InlineData("gemini-2.5-flash:generateContent", LlmOperation.GenerateContent, "gemini-2.5-flash", false)]
    [InlineData("gemini-2.5-flash:streamGenerateContent", LlmOperation.GenerateContent, "gemini-2.5-flash", true)]
    [InlineData("openai/gpt-4o:embedContent", LlmOperation.EmbedContent, "openai/gpt-4o", false)]
    [InlineData("openai%2Fgpt%2f4o:batchEmbedContents", LlmOperation.BatchEmbedContents, "openai/gpt/4o", false)]
    [InlineData("llama3:8b:countTokens", LlmOperation.GeminiCountTokens, "llama3:8b", false)]
    public void Path_OfAMethod_IsRead(string rest, LlmOperation operation, string model, bool stream)
    {
        Assert.True(GeminiPath.TryParse(rest, asArray: true, out var path));
        Assert.Equal((operation, new PathFacts(model, stream, AsArray: stream)), (path.Operation, path.Facts));
    }

    [Theory]
    [InlineData("")]
    [InlineData("gemini")]
    [InlineData(":generateContent")]
    [InlineData("gemini:")]
    [InlineData("gemini:deleteContent")]
    [InlineData("gemini:GenerateContent")]
    [InlineData("gemini:generateContent/x")]
    [InlineData("../x:generateContent")]
    [InlineData("a b:generateContent")]
    [InlineData("a%2:generateContent")]
    [InlineData("é:generateContent")]
    public void Path_OfNothing_IsNotRead(string rest) => Assert.False(GeminiPath.TryParse(rest, asArray: false, out _));

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void Model_Length_AtMost128(int length, bool read) => Assert.Equal(read, GeminiPath.TryParse(new string('a', length) + ":generateContent", asArray: false, out _));

    [Theory]
    [InlineData("a/../b:streamGenerateContent", false, "/v1beta/models/a%2F..%2Fb:streamGenerateContent?alt=sse")]
    [InlineData("a%2fb:streamGenerateContent", true, "/v1beta/models/a%2Fb:streamGenerateContent")]
    [InlineData("a:generateContent", false, "/v1beta/models/a:generateContent")]
    [InlineData("a:embedContent", true, "/v1beta/models/a:embedContent")]
    [InlineData("a:batchEmbedContents", true, "/v1beta/models/a:batchEmbedContents")]
    [InlineData("a:countTokens", true, "/v1beta/models/a:countTokens")]
    public void Target_HasOneForm_AndMeansTheSame(string rest, bool asArray, string target)
    {
        Assert.True(GeminiPath.TryParse(rest, asArray, out var path));

        Assert.Equal(target, path.ToTarget());
        Assert.Equal(target, new Uri(new Uri("http://router:80"), target).PathAndQuery);
        Assert.True(GeminiPath.TryParseTarget(target, out var again));
        Assert.Equal(path, again);
    }

    [Theory]
    [InlineData("llama3", "llama3:latest", true)]
    [InlineData("llama3:latest", "llama3", true)]
    [InlineData("llama3:8b", "llama3", false)]
    [InlineData("llama3", "llama4", false)]
    public void Names_WithoutATag_MeanLatest(string left, string right, bool same) => Assert.Equal(same, ModelTags.AreSame(left, right));

    [Theory]
    [InlineData("llama3", "llama3:latest")]
    [InlineData("llama3:latest", "llama3")]
    [InlineData("llama3:8b", null)]
    [InlineData("host:80/llama3", "host:80/llama3:latest")]
    public void Name_HasAtMostOneOtherForm(string name, string? other) => Assert.Equal(other, ModelTags.Other(name));
}
