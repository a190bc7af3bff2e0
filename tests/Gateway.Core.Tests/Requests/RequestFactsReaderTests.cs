using System.Text;
using Gateway.Core.Errors;
using Gateway.Core.Requests;

namespace Gateway.Core.Tests.Requests;

public sealed class RequestFactsReaderTests
{
    private const string Messages = """ "messages":[{"role":"user","content":"hi"}] """;

    [Fact]
    public void Chat_EveryKnownField_FactsAndPlacesAreExact()
    {
        var text = """ { "user":"u\u00e9", "model" : "openai\/gpt-4o", "n":2, "stream":true, "max_tokens":null, "max_completion_tokens":77, "stream_options": { "x":[1], "include_usage" :true } , "messages":[{"model":"other","stream":false}] } """;
        var body = Encoding.UTF8.GetBytes(text);

        Assert.True(RequestFactsReader.TryRead(body, LlmOperation.ChatCompletions, out var facts, out var error));

        Assert.Null(error);
        Assert.Equal("openai/gpt-4o", facts.Model);
        Assert.Equal("\"openai\\/gpt-4o\"", Slice(text, facts.ModelToken));
        Assert.True(facts.Stream);
        Assert.Equal(77, facts.OutputCap);
        Assert.Equal(2, facts.CandidateCount);
        Assert.Equal("ué", facts.User);
        Assert.True(facts.IncludeUsage);
        Assert.Equal("true", Slice(text, facts.IncludeUsageToken));
        Assert.Equal("{ \"x\":[1], \"include_usage\" :true }", Slice(text, facts.StreamOptionsToken));
        Assert.Equal(text.IndexOf('{') + 1, facts.FirstMemberOffset);
        Assert.Equal(body.Length, facts.BodyBytes);
    }

    [Fact]
    public void Chat_OnlyWhatIsNeeded_DefaultsApply()
    {
        var facts = Read($$"""{"model":"m",{{Messages}}}""");

        Assert.False(facts.Stream);
        Assert.Equal(-1, facts.OutputCap);
        Assert.Equal(1, facts.CandidateCount);
        Assert.Equal("", facts.User);
        Assert.Equal(0, facts.IncludeUsageToken.Length);
        Assert.Equal(0, facts.StreamOptionsToken.Length);
    }

    [Fact]
    public void Model_SeenBefore_IsTheSameString() =>
        Assert.Same(Read($$"""{"model":"same-name",{{Messages}}}""").Model, Read($$"""{"model":"same-name",{{Messages}}}""").Model);

    [Fact]
    public void Moderation_WithoutModel_IsRead()
    {
        Assert.True(RequestFactsReader.TryRead("""{"input":"text"}"""u8, LlmOperation.Moderations, out var facts, out _));
        Assert.Equal("", facts.Model);
        Assert.Equal(0, facts.ModelToken.Length);
    }

    [Theory]
    [InlineData("""{"model":"m","stream":null,"n":null,"user":null,"max_tokens":null,"stream_options":null,"messages":[1]}""")]
    [InlineData("""{"model":"m","max_tokens":null,"max_completion_tokens":5,"messages":[[]]}""")]
    [InlineData("""{"model":"m","stream_options":{"include_usage":false},"messages":[{}]}""")]
    [InlineData("""{"model":"m","metadata":{"model":"x","Model":"y","model":"z"},"messages":[{}], "nn":1, "tools":[], "tools":[]}""")]
    [InlineData("""{"model":"m","input":5,"prompt":{},"messages":[{}]}""")]
    [InlineData("""{"model":"m","n":128,"max_tokens":10000000,"messages":[{}]}""")]
    public void Chat_AllowedForms_AreRead(string body) => Assert.Equal("m", Read(body).Model);

    [Theory]
    [InlineData("""{"messages":[{}]}""", "model", "missing")]
    [InlineData("""{"model":null,"messages":[{}]}""", "model", "string")]
    [InlineData("""{"model":7,"messages":[{}]}""", "model", "string")]
    [InlineData("""{"model":"","messages":[{}]}""", "model", "model name")]
    [InlineData("""{"model":"../etc","messages":[{}]}""", "model", "model name")]
    [InlineData("""{"model":"a b","messages":[{}]}""", "model", "model name")]
    [InlineData("""{"model":"a\u0000","messages":[{}]}""", "model", "model name")]
    [InlineData("""{"model":"a","model":"b","messages":[{}]}""", "model", "twice")]
    [InlineData("""{"model":"a","Model":"b","messages":[{}]}""", "model", "exactly")]
    [InlineData("""{"\u006dodel":"b","messages":[{}]}""", "model", "exactly")]
    [InlineData("""{"model":"a","\u004dODEL":"b","messages":[{}]}""", "model", "exactly")]
    [InlineData("""{"model":"a","ｍodel":"b","messages":[{}]}""", "model", "exactly")]
    [InlineData("""{"model":"a","max_to\u212aens":9,"messages":[{}]}""", "max_tokens", "exactly")]
    [InlineData("""{"model":"a","ſtream":true,"messages":[{}]}""", "stream", "exactly")]
    [InlineData("""{"model":"a","stream":1,"messages":[{}]}""", "stream", "true or false")]
    [InlineData("""{"model":"a","stream":"true","messages":[{}]}""", "stream", "true or false")]
    [InlineData("""{"model":"a","n":0,"messages":[{}]}""", "n", "1 to 128")]
    [InlineData("""{"model":"a","n":129,"messages":[{}]}""", "n", "1 to 128")]
    [InlineData("""{"model":"a","n":1.0,"messages":[{}]}""", "n", "integer")]
    [InlineData("""{"model":"a","max_tokens":1e3,"messages":[{}]}""", "max_tokens", "integer")]
    [InlineData("""{"model":"a","max_tokens":-1,"messages":[{}]}""", "max_tokens", "integer")]
    [InlineData("""{"model":"a","max_tokens":10000001,"messages":[{}]}""", "max_tokens", "10000000")]
    [InlineData("""{"model":"a","max_tokens":99999999999999999999999999,"messages":[{}]}""", "max_tokens", "integer")]
    [InlineData("""{"model":"a","max_completion_tokens":"5","messages":[{}]}""", "max_completion_tokens", "integer")]
    [InlineData("""{"model":"a","max_tokens":5,"max_completion_tokens":5,"messages":[{}]}""", "max_tokens", "exclude")]
    [InlineData("""{"model":"a","user":5,"messages":[{}]}""", "user", "string")]
    [InlineData("""{"model":"a","stream_options":[],"messages":[{}]}""", "stream_options", "object")]
    [InlineData("""{"model":"a","stream_options":{"include_usage":null},"messages":[{}]}""", "stream_options.include_usage", "true or false")]
    [InlineData("""{"model":"a","stream_options":{"include_usage":true,"include_usage":true},"messages":[{}]}""", "stream_options.include_usage", "twice")]
    [InlineData("""{"model":"a","stream_options":{"Include_usage":true},"messages":[{}]}""", "include_usage", "exactly")]
    [InlineData("""{"model":"a","stream_options":{},"stream_options":{},"messages":[{}]}""", "stream_options", "twice")]
    [InlineData("""{"model":"a"}""", "messages", "missing")]
    [InlineData("""{"model":"a","messages":[]}""", "messages", "at least one")]
    [InlineData("""{"model":"a","messages":"hi"}""", "messages", "array")]
    [InlineData("""{"model":"a","messages":[{}],"messages":[{}]}""", "messages", "twice")]
    public void Chat_BrokenRule_IsRefusedWithFieldAndAdvice(string body, string param, string advice) =>
        AssertRefused(Encoding.UTF8.GetBytes(body), LlmOperation.ChatCompletions, param, advice);

    [Theory]
    [InlineData("", "empty")]
    [InlineData("   ", "not valid JSON")]
    [InlineData("null", "object")]
    [InlineData("[]", "object")]
    [InlineData("\uFEFF{}", "byte order mark")]
    [InlineData("{", "line 1, byte 2")]
    [InlineData("""{"model":"a",}""", "not valid JSON")]
    [InlineData("""{"model":"a" "n":1}""", "not valid JSON")]
    [InlineData("""{"model":"a","messages":[{}]} x""", "not valid JSON")]
    [InlineData("""{"model":"a","messages":[{}]}{}""", "not valid JSON")]
    [InlineData("""{"model":"a",/* c */"messages":[{}]}""", "not valid JSON")]
    [InlineData("""{"model":"a","user":"\ud800","messages":[{}]}""", "surrogate")]
    [InlineData("""{"model":"a","\ud800":1,"messages":[{}]}""", "surrogate")]
    public void Body_NotOneJsonObject_IsRefused(string body, string advice) =>
        AssertRefused(Encoding.UTF8.GetBytes(body), LlmOperation.ChatCompletions, null, advice);

    [Fact]
    public void Body_InvalidUtf8InAnUnreadString_IsRefused() =>
        AssertRefused([.. """{"model":"a","messages":["""u8, (byte)'"', 0xC3, 0x28, (byte)'"', .. "]}"u8], LlmOperation.ChatCompletions, null, "UTF-8");

    [Theory]
    [InlineData(29, true)]
    [InlineData(30, false)]
    public void Body_NestedArrays_AllowedUpToDepth32(int inner, bool accepted)
    {
        // The object and the messages array are two levels, the innermost array one more.
        var body = Encoding.UTF8.GetBytes($$"""{"model":"a","messages":[{{new string('[', inner)}}[]{{new string(']', inner)}}]}""");

        Assert.Equal(accepted, RequestFactsReader.TryRead(body, LlmOperation.ChatCompletions, out _, out var error));
        Assert.Equal(accepted, error is null);
        Assert.True(accepted || error!.Message.Contains("deeper than 32", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void Model_Length_AtMost128(int length, bool accepted) =>
        Assert.Equal(accepted, TryRead($$"""{"model":"{{new string('a', length)}}",{{Messages}}}"""));

    [Theory]
    [InlineData(256, true)]
    [InlineData(257, false)]
    [InlineData(5000, false)]
    public void User_Length_AtMost256(int length, bool accepted)
    {
        Assert.Equal(accepted, TryRead($$"""{"model":"a","user":"{{new string('u', length)}}",{{Messages}}}"""));
        Assert.Equal(accepted, TryRead($$"""{"model":"a","user":"{{string.Concat(Enumerable.Repeat("\\u00e9", length))}}",{{Messages}}}"""));
    }

    [Theory]
    [InlineData(LlmOperation.Completions, """{"model":"a"}""", "prompt")]
    [InlineData(LlmOperation.Completions, """{"model":"a","prompt":null}""", "prompt")]
    [InlineData(LlmOperation.Embeddings, """{"model":"a","messages":[{}]}""", "input")]
    [InlineData(LlmOperation.Embeddings, """{"model":"a","input":{}}""", "input")]
    [InlineData(LlmOperation.Embeddings, """{"model":"a","input":null,"input":"x"}""", "input")]
    [InlineData(LlmOperation.Moderations, """{"model":"a"}""", "input")]
    public void Operation_WithoutItsContent_IsRefused(LlmOperation operation, string body, string param) =>
        AssertRefused(Encoding.UTF8.GetBytes(body), operation, param, param);

    [Theory]
    [InlineData(LlmOperation.Completions, """{"model":"a","prompt":"x"}""")]
    [InlineData(LlmOperation.Completions, """{"model":"a","prompt":["x",[1,2]]}""")]
    [InlineData(LlmOperation.Embeddings, """{"model":"a","input":["x"]}""")]
    public void Operation_WithItsContent_IsRead(LlmOperation operation, string body) =>
        Assert.True(RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), operation, out _, out _));

    private static RequestFacts Read(string body)
    {
        Assert.True(RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), LlmOperation.ChatCompletions, out var facts, out var error), error?.Message);
        return facts;
    }

    private static bool TryRead(string body) => RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), LlmOperation.ChatCompletions, out _, out _);

    private static string Slice(string text, ByteRange range) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text).AsSpan(range.Start, range.Length));

    private static void AssertRefused(byte[] body, LlmOperation operation, string? param, string advice)
    {
        Assert.False(RequestFactsReader.TryRead(body, operation, out _, out var error));
        Assert.Equal(GatewayErrorKind.InvalidRequest, error.Kind);
        Assert.Equal(param, error.Param);
        Assert.Contains(advice, error.Message, StringComparison.Ordinal);
    }
}
