using System.Text;
using Gateway.Core.Errors;
using Gateway.Core.Requests;

namespace Gateway.Core.Tests.Requests;

/// <summary>The facts of every protocol but OpenAI's chat, which has its own tests.</summary>
public sealed class ProtocolFactsTests
{
    private static readonly PathFacts Path = new("org/gemini-x", Stream: true, AsArray: true);

    [Theory]
    [InlineData(LlmOperation.Responses, """{"model":"m","stream":true,"max_output_tokens":7,"user":"anna","input":"x"}""", true, 7, "anna")]
    [InlineData(LlmOperation.Responses, """{"model":"m","user":"anna","safety_identifier":"hash","input":[{}]}""", false, -1, "hash")]
    [InlineData(LlmOperation.ResponsesInputTokens, """{"model":"m","stream":"unread","max_output_tokens":[],"input":"x"}""", false, -1, "")]
    [InlineData(LlmOperation.Messages, """{"model":"m","stream":true,"max_tokens":7,"metadata":{"user_id":"anna","x":1},"messages":[{}]}""", true, 7, "anna")]
    [InlineData(LlmOperation.Messages, """{"model":"m","stream":null,"max_tokens":7,"metadata":null,"messages":[{}],"system":"x"}""", false, 7, "")]
    [InlineData(LlmOperation.MessagesCountTokens, """{"model":"m","messages":[{}],"max_tokens":"unread"}""", false, -1, "")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"m","options":{"num_predict":7,"num_ctx":1},"messages":[{}]}""", true, 7, "")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"m","stream":false,"options":{"num_predict":-1},"messages":[{}]}""", false, -1, "")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"m","stream":null,"options":{"num_predict":-2},"messages":[{}]}""", true, -1, "")]
    [InlineData(LlmOperation.OllamaGenerate, """{"model":"m","options":{"num_predict":7.0}}""", true, 7, "")]
    [InlineData(LlmOperation.OllamaGenerate, """{"model":"m","prompt":"","stream":false,"options":null}""", false, -1, "")]
    [InlineData(LlmOperation.OllamaEmbed, """{"model":"m","input":["a"]}""", false, -1, "")]
    [InlineData(LlmOperation.OllamaEmbeddings, """{"model":"m","prompt":"a"}""", false, -1, "")]
    [InlineData(LlmOperation.ChatCompletions, """{"model":"m","user":"anna","safety_identifier":"hash","messages":[{}]}""", false, -1, "hash")]
    public void Body_OfItsProtocol_GivesItsFacts(LlmOperation operation, string body, bool stream, long cap, string user)
    {
        Assert.True(RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), operation, out var facts, out var error), error?.Message);

        Assert.Equal(("m", stream, cap, 1, user), (facts.Model, facts.Stream, facts.OutputCap, facts.CandidateCount, facts.User));
        Assert.Equal("\"m\"", body.Substring(facts.ModelToken.Start, facts.ModelToken.Length));
    }

    [Theory]
    [InlineData("""{"model":"m","previous_response_id":"resp_1"}""", true)]
    [InlineData("""{"model":"m","previous_response_id":null,"input":"x"}""", false)]
    [InlineData("""{"model":"m","prompt":{"id":"p"},"input":null}""", false)]
    [InlineData("""{"model":"m","conversation":"c"}""", false)]
    public void Responses_ThatContinueSomething_NeedNoInput(string body, bool continues)
    {
        Assert.True(RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), LlmOperation.Responses, out var facts, out var error), error?.Message);
        Assert.Equal(continues, facts.ContinuesResponse);
    }

    [Theory]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"generationConfig":{"maxOutputTokens":7,"candidateCount":2,"topK":40.0}}""", 7, 2)]
    [InlineData(LlmOperation.GenerateContent, """{"contents":{"parts":[]},"generation_config":{"max_output_tokens":7.0,"candidate_count":2e0}}""", 7, 2)]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"model":"models/org/gemini-x","generationConfig":null,"stream":"unread","max_tokens":{}}""", -1, 1)]
    [InlineData(LlmOperation.GeminiCountTokens, """{"generateContentRequest":{"model":"models\/org\/gemini-x","contents":[{}],"generationConfig":[]}}""", -1, 1)]
    [InlineData(LlmOperation.GeminiCountTokens, """{"contents":[{}]}""", -1, 1)]
    [InlineData(LlmOperation.EmbedContent, """{"content":{"parts":[{"text":"x"}]},"model":"org/gemini-x"}""", -1, 1)]
    [InlineData(LlmOperation.BatchEmbedContents, """{"requests":[{"model":"models/org/gemini-x","content":{}},{"model":"models/org/gemini-x"},{}]}""", -1, 1)]
    public void Gemini_ModelAndStreamComeFromThePath(LlmOperation operation, string body, long cap, int candidates)
    {
        Assert.True(RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), operation, Path, out var facts, out var error), error?.Message);

        Assert.Equal((Path.Model, true, true, cap, candidates), (facts.Model, facts.Stream, facts.AsArray, facts.OutputCap, facts.CandidateCount));
        Assert.Equal(0, facts.ModelToken.Length);
        Assert.Equal(1, facts.FirstMemberOffset);
    }

    [Fact]
    public void Gemini_WithoutAPath_IsRefused() => AssertRefused(LlmOperation.GenerateContent, """{"contents":[{}]}""", "model", "path", null);

    [Theory]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"model":"models/other"}""", "model", "path")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"model":7}""", "model", "path")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"generationConfig":{"maxOutputTokens":1},"generation_config":{}}""", "generation_config", "two spellings")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"generationConfig":{"maxOutputTokens":1,"max_output_tokens":2}}""", "generationConfig.max_output_tokens", "two spellings")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"generationConfig":{"maxoutputtokens":1}}""", "maxOutputTokens", "exactly")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"generationConfig":{"max\u004futputTokens":1}}""", "maxOutputTokens", "exactly")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"GenerationConfig":{}}""", "generationConfig", "exactly")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"generationConfig":[]}""", "generationConfig", "object")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"generationConfig":{"maxOutputTokens":1.5}}""", "generationConfig.maxOutputTokens", "integer")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"generationConfig":{"maxOutputTokens":"8"}}""", "generationConfig.maxOutputTokens", "integer")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"generationConfig":{"maxOutputTokens":1e300}}""", "generationConfig.maxOutputTokens", "integer")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"generationConfig":{"candidateCount":0}}""", "generationConfig.candidateCount", "1 to 128")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[]}""", "contents", "at least one")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":null}""", "contents", "array")]
    [InlineData(LlmOperation.GenerateContent, """{"messages":[{}]}""", "contents", "missing")]
    [InlineData(LlmOperation.GeminiCountTokens, """{"generateContentRequest":{"model":"models/other"}}""", "generateContentRequest.model", "path")]
    [InlineData(LlmOperation.GeminiCountTokens, """{}""", "contents", "missing")]
    [InlineData(LlmOperation.EmbedContent, """{"content":"text"}""", "content", "object")]
    [InlineData(LlmOperation.BatchEmbedContents, """{"requests":[]}""", "requests", "at least one")]
    [InlineData(LlmOperation.BatchEmbedContents, """{"requests":[{},7]}""", "requests", "object")]
    [InlineData(LlmOperation.BatchEmbedContents, """{"requests":[{},{"model":"models/other"}]}""", "requests.model", "path")]
    [InlineData(LlmOperation.BatchEmbedContents, """{"requests":[{"model":"org/gemini-x","model":"org/gemini-x"}]}""", "requests.model", "twice")]
    [InlineData(LlmOperation.BatchEmbedContents, """{"requests":[{"model":"org/gemini-x"}],"requests":[{}]}""", "requests", "twice")]
    [InlineData(LlmOperation.Responses, """{"model":"a","input":7}""", "input", "string or an array")]
    [InlineData(LlmOperation.Responses, """{"model":"a","input":null}""", "input", "missing")]
    [InlineData(LlmOperation.Responses, """{"model":"a","messages":[{}]}""", "input", "missing")]
    [InlineData(LlmOperation.Responses, """{"model":"a","input":"x","max_output_tokens":0}""", "max_output_tokens", "integer")]
    [InlineData(LlmOperation.Responses, """{"model":"a","input":"x","Max_Output_Tokens":5}""", "max_output_tokens", "exactly")]
    [InlineData(LlmOperation.Responses, """{"model":"a","input":"x","previous_response_id":7}""", "previous_response_id", "string")]
    [InlineData(LlmOperation.Responses, """{"model":"a","input":"x","safety_identifier":7}""", "safety_identifier", "string")]
    [InlineData(LlmOperation.Responses, """{"input":"x"}""", "model", "missing")]
    [InlineData(LlmOperation.Messages, """{"model":"a","messages":[{}]}""", "max_tokens", "missing")]
    [InlineData(LlmOperation.Messages, """{"model":"a","messages":[{}],"max_tokens":1,"max_tokens":1}""", "max_tokens", "twice")]
    [InlineData(LlmOperation.Messages, """{"model":"a","messages":[{}],"max_tokens":1,"metadata":[]}""", "metadata", "object")]
    [InlineData(LlmOperation.Messages, """{"model":"a","messages":[{}],"max_tokens":1,"metadata":{"user_id":7}}""", "metadata.user_id", "string")]
    [InlineData(LlmOperation.Messages, """{"model":"a","messages":[{}],"max_tokens":1,"metadata":{"User_id":"x"}}""", "user_id", "exactly")]
    [InlineData(LlmOperation.Messages, """{"model":"a","messages":[{}],"max_tokens":1,"metadata":{"user_id":"x","user_id":"y"}}""", "metadata.user_id", "twice")]
    [InlineData(LlmOperation.Messages, """{"model":"a","messages":{},"max_tokens":1}""", "messages", "array")]
    [InlineData(LlmOperation.MessagesCountTokens, """{"model":"a"}""", "messages", "missing")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"a"}""", "messages", "missing")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"a","messages":[{}],"Stream":false}""", "stream", "exactly")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"a","messages":[{}],"options":{"num_predict":-3}}""", "options.num_predict", "-2")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"a","messages":[{}],"options":{"num_predict":0}}""", "options.num_predict", "-2")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"a","messages":[{}],"options":{"num_predict":1.5}}""", "options.num_predict", "integer")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"a","messages":[{}],"options":{"num_predict":1,"num_predict":2}}""", "options.num_predict", "twice")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"a","messages":[{}],"options":{"NUM_PREDICT":1}}""", "num_predict", "exactly")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"a","messages":[{}],"options":7}""", "options", "object")]
    [InlineData(LlmOperation.OllamaGenerate, """{"model":"a","prompt":["x"]}""", "prompt", "string")]
    [InlineData(LlmOperation.OllamaEmbed, """{"model":"a","prompt":"x"}""", "input", "missing")]
    [InlineData(LlmOperation.OllamaEmbeddings, """{"model":"a","input":"x"}""", "prompt", "missing")]
    public void Body_ThatBreaksARule_IsRefusedNamingTheField(LlmOperation operation, string body, string param, string advice) =>
        AssertRefused(operation, body, param, advice, LlmOperations.ProtocolOf(operation) == LlmProtocol.Gemini ? Path : null);

    [Theory]
    [InlineData(LlmOperation.ChatCompletions, """{"model":"m","messages":[{}],"options":{"num_predict":"x"},"generationConfig":7,"max_output_tokens":"x","metadata":{"user_id":7},"contents":1}""")]
    [InlineData(LlmOperation.Messages, """{"model":"m","messages":[{}],"max_tokens":1,"n":"x","user":7,"input":{},"max_completion_tokens":9,"stream_options":7}""")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"m","messages":[{}],"max_tokens":"x","n":7,"n":8,"user":7}""")]
    [InlineData(LlmOperation.Responses, """{"model":"m","input":"x","messages":7,"max_tokens":"x","metadata":{"user_id":7}}""")]
    public void Fields_OfOtherProtocols_SteerNothing(LlmOperation operation, string body)
    {
        Assert.True(RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), operation, out var facts, out var error), error?.Message);
        Assert.Equal(("", 1), (facts.User, facts.CandidateCount));
        Assert.True(facts.OutputCap <= 1);
    }

    private static void AssertRefused(LlmOperation operation, string body, string param, string advice, PathFacts? path)
    {
        Assert.False(RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), operation, path, out _, out var error));
        Assert.Equal(GatewayErrorKind.InvalidRequest, error.Kind);
        Assert.Equal(param, error.Param);
        Assert.Contains(advice, error.Message, StringComparison.Ordinal);
    }
}
