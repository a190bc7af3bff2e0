using System.Text;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols.Gemini;

namespace Gateway.Router.Tests.Protocols.Gemini;

public sealed class ModelMembersTests
{
    [Theory]
    [InlineData(LlmOperation.GeminiCountTokens, """{"generateContentRequest":{"contents":[{"model":"keep"}], "model" : "models/asked" }}""", """{"generateContentRequest":{"contents":[{"model":"keep"}], "model" : "models/up" }}""")]
    [InlineData(LlmOperation.BatchEmbedContents, """{"requests":[{"model":"models/a","content":{"parts":[{"text":"\"model\""}]}},{"model":"models/a"}]}""",
        """{"requests":[{"model":"models/up","content":{"parts":[{"text":"\"model\""}]}},{"model":"models/up"}]}""")]
    [InlineData(LlmOperation.EmbedContent, """{"model":"models/a","content":{"model":"keep"}}""", """{"model":"models/up","content":{"model":"keep"}}""")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"role":"model","parts":[{"functionCall":{"args":{"model":"keep"}}}]}]}""",
        """{"contents":[{"role":"model","parts":[{"functionCall":{"args":{"model":"keep"}}}]}]}""")]
    [InlineData(LlmOperation.GenerateContent, """{"model":null,"contents":[]}""", """{"model":null,"contents":[]}""")]
    public void Rewrite_OnlyTheModelMembersChange(LlmOperation operation, string body, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(ModelMembers.Rewrite(Body(body), operation, "up").Span));

    [Fact]
    public void Rewrite_BodyWithoutAModel_IsTheSameObject()
    {
        var body = Body("""{"contents":[]}""");

        Assert.Same(body, ModelMembers.Rewrite(body, LlmOperation.GenerateContent, "up"));
    }

    private static RequestBody Body(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return new RequestBody(bytes, bytes.Length);
    }
}
