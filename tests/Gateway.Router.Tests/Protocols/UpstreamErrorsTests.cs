using System.Text;
using Gateway.Router.Protocols;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Protocols;

public sealed class UpstreamErrorsTests
{
    [Theory]
    [InlineData("anthropic-error-401", 401, "authentication_error", null, "invalid x-api-key")]
    [InlineData("anthropic-error-429-rate-limit", 429, "rate_limit_error", null, "This request would exceed")]
    [InlineData("anthropic-error-500", 500, "api_error", null, "Internal server error")]
    [InlineData("bedrock-converse-error-400-1", 400, null, null, "This model doesn't support the s3Uri field")]
    [InlineData("gemini-error-429", 429, null, "429", "exceeded your current quota")]
    [InlineData("gemini-error-500", 500, null, "500", "An internal error")]
    [InlineData("gemini-vertex-error-400", 400, null, "400", "Unable to submit request")]
    [InlineData("ollama-error-404-model", 404, null, null, "model 'missing' not found")]
    [InlineData("openai-chat-azure-error-429", 429, null, "RateLimitReached", "have exceeded rate limit")]
    [InlineData("openai-chat-azure-error-in-200", 400, null, "content_filter", "The response was filtered")]
    [InlineData("openai-chat-deepseek-error-401", 401, "authentication_error", "invalid_request_error", "Authentication Fails")]
    [InlineData("openai-chat-error-429-insufficient-quota", 429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota")]
    [InlineData("openai-chat-error-500", 500, "server_error", null, "The server had an error")]
    [InlineData("openai-chat-error-503-overloaded", 503, "server_error", null, "currently overloaded")]
    [InlineData("openai-chat-ollama-error-400", 400, "invalid_request_error", "context_length_exceeded", "prompt too long")]
    [InlineData("openai-chat-openrouter-error-400", 400, null, "context_length_exceeded", "maximum context length is 200000")]
    [InlineData("openai-chat-openrouter-error-401", 401, null, "401", "Missing Authentication header")]
    [InlineData("openai-embeddings-error-400", 400, "invalid_request_error", null, "-42 is less than the minimum")]
    [InlineData("openai-models-error-404", 404, "invalid_request_error", "model_not_found", "The model 'fake_id' does not exist")]
    [InlineData("openai-responses-error-400", 400, "invalid_request_error", "context_length_exceeded", "Your input exceeds the context window")]
    public void Recording_OfAnError_IsRead(string id, int status, string? type, string? code, string message)
    {
        var recording = Recordings.Load(id);

        var error = UpstreamErrors.Read(recording.Status, recording.Response);

        Assert.Equal((status, type, code), (error.Status, error.Type, error.Code));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Recording_OfGeminisLimit_TellsTheDelay()
    {
        var recording = Recordings.Load("gemini-error-429");

        var error = UpstreamErrors.Read(429, recording.Response);

        Assert.Equal(TimeSpan.FromSeconds(48), error.RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(48), UpstreamErrors.ToReply(error).RetryAfter);
    }

    [Theory]
    [InlineData("""{"error":{"message":"m","status_code":400,"type":"invalid_request_error","code":"tool_use_failed"}}""", 400, "tool_use_failed")]
    [InlineData("""{"error":{"message":"m","code":429}}""", 429, "429")]
    [InlineData("""{"error":{"message":"m","code":"503"}}""", 503, "503")]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"m"}}""", 529, null)]
    [InlineData("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"m\"}}\n\n", 429, null)]
    [InlineData("data: {\"error\":{\"message\":\"m\",\"status\":\"RESOURCE_EXHAUSTED\"}}\n\n", 429, null)]
    [InlineData("""[{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}]""", 503, "503")]
    [InlineData("""{"type":"error","code":"rate_limit_exceeded","message":"m","param":null,"sequence_number":3}""", 429, "rate_limit_exceeded")]
    [InlineData("""{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"m"}}}""", 500, "server_error")]
    [InlineData("""{"type":"response.failed","response":{"error":{"code":"insufficient_quota","message":"m"}}}""", 429, "insufficient_quota")]
    [InlineData("""{"error":"m"}""", 502, "upstream_error")]
    [InlineData("""{"object":"error","message":"m","type":"BadRequestError","code":400}""", 400, "400")]
    [InlineData("""{"error":{"message":"m","code":"context_length_exceeded"}}""", 400, "context_length_exceeded")]
    public void Error_InsideA200_StandsForItsStatus(string body, int status, string? code)
    {
        var error = Read(200, body);

        Assert.Equal((status, code, "m"), (error.Status, error.Code, error.Message));
    }

    [Theory]
    [InlineData("""{"detail":"Invalid thing"}""", "Invalid thing", null)]
    [InlineData("""{"detail":[{"loc":["body","messages",0,"content"],"msg":"field required","type":"value_error"}]}""", "field required", "messages.0.content")]
    [InlineData("""{"code":"Client specified an invalid argument","error":"text of x"}""", "text of x", null)]
    [InlineData("""{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"the real one\"}}","provider_name":"P"}}}""", "the real one", null)]
    [InlineData("""{"Message":"capital"}""", "capital", null)]
    [InlineData("{\"error\":{\"message\":\"cut off\"", "{\"error\":{\"message\":\"cut off\"", null)]
    [InlineData("<html><head><title>502 Bad Gateway</title></head><body><h1>x</h1></body></html>", "502 Bad Gateway", null)]
    [InlineData("<p>Not  <b>here</b></p>", "Not here", null)]
    [InlineData("upstream\r\n connect error", "upstream connect error", null)]
    [InlineData("", null, null)]
    [InlineData("   ", null, null)]
    [InlineData("{}", null, null)]
    [InlineData("[]", null, null)]
    [InlineData("null", "null", null)]
    public void Shape_OfAnyKind_GivesItsText(string body, string? message, string? param)
    {
        var error = Read(400, body);

        Assert.Equal((400, message, param), (error.Status, error.Message, error.Param));
    }

    [Theory]
    [InlineData(400, """{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}""", 401, "invalid_api_key")]
    [InlineData(400, """{"code":"x","error":"Incorrect API key provided: xa***aa."}""", 401, "invalid_api_key")]
    [InlineData(404, """{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}""", 404, "model_not_found")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}""", 400, "context_length_exceeded")]
    [InlineData(400, """{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}""", 400, "context_length_exceeded")]
    [InlineData(400, """{"error":{"message":"x","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}""", 400, "content_filter")]
    [InlineData(429, """{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]}}""", 429, "insufficient_quota")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}""", 400, "insufficient_quota")]
    public void Words_OfOneProvider_BecomeTheCodeThatClientsKnow(int http, string body, int status, string code)
    {
        var error = Read(http, body);

        Assert.Equal((status, code), (error.Status, error.Code));
    }

    [Theory]
    [InlineData(400, null, "invalid_request_error", null)]
    [InlineData(400, "unsupported_parameter", "invalid_request_error", "unsupported_parameter")]
    [InlineData(400, "400", "invalid_request_error", null)]
    [InlineData(400, "a sentence of words", "invalid_request_error", null)]
    [InlineData(402, null, "insufficient_quota", "insufficient_quota")]
    [InlineData(404, "NotFound", "invalid_request_error", "model_not_found")]
    [InlineData(408, null, "timeout", "upstream_timeout")]
    [InlineData(409, null, "conflict", null)]
    [InlineData(413, null, "invalid_request_error", "request_too_large")]
    [InlineData(413, "context_length_exceeded", "invalid_request_error", "context_length_exceeded")]
    [InlineData(422, null, "invalid_request_error", null)]
    [InlineData(429, "429", "requests", "rate_limit_exceeded")]
    [InlineData(429, "insufficient_quota", "insufficient_quota", "insufficient_quota")]
    [InlineData(500, null, "server_error", null)]
    [InlineData(502, "upstream_error", "server_error", "upstream_error")]
    [InlineData(503, null, "server_error", "overloaded")]
    [InlineData(504, null, "timeout", "upstream_timeout")]
    [InlineData(529, "x", "server_error", "overloaded")]
    public void Reply_HasTypeAndCodeOfItsStatus(int status, string? code, string type, string? expected)
    {
        var reply = UpstreamErrors.ToReply(new UpstreamError(status, null, code, "m", "p"));

        Assert.Equal((status, type, expected, "m", "p"), (reply.Status, reply.Type, reply.Code, reply.Message, reply.Param));
    }

    [Fact]
    public void Reply_ToALimitOfTokens_SaysTokens() =>
        Assert.Equal("tokens", UpstreamErrors.ToReply(new UpstreamError(429, null, null, "Limit 30000 tokens per min.", null)).Type);

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public void Reply_ToTheGatewaysOwnBadKey_IsNotTheClients401(int status)
    {
        var reply = UpstreamErrors.ToReply(new UpstreamError(status, "authentication_error", "invalid_api_key", "Your key is bad", null));

        Assert.Equal((502, "server_error", "upstream_auth"), (reply.Status, reply.Type, reply.Code));
        Assert.DoesNotContain("Your key", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reply_WithoutAText_NamesTheStatus() =>
        Assert.Contains("503", UpstreamErrors.ToReply(new UpstreamError(503, null, null, null, null)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("Incorrect API key provided: sk-proj-abc***xyz. Look at https://platform.example.com/keys.", "Incorrect API key provided: [key] Look at [address]")]
    [InlineData("Bearer abcdef123456 refused", "Bearer [key] refused")]
    [InlineData("key AIzaSyA1234567890123456 and gsk_1234567890", "key [key] and [key]")]
    [InlineData("Rate limit for gpt-4 in organization org-AbCdEfGh12345 on tokens", "Rate limit for gpt-4 in organization [account] on tokens")]
    [InlineData("Get \"http://10.0.0.7:11434/api/chat\": dial tcp 10.0.0.7:11434: connect: refused", "Get \"[address]\": dial tcp [address]: connect: refused")]
    [InlineData("lookup ollama-1 on 10.0.0.2:53: no such host", "lookup [address] on [address]: no such host")]
    [InlineData("no route to vllm-7.models.svc.cluster.local:8000 today", "no route to [address] today")]
    [InlineData("localhost:8080 and [::1]:80 said no", "[address] and [address] said no")]
    [InlineData("messages.0.content.text must be a string for model gpt-4.1 (llama3:8b)", "messages.0.content.text must be a string for model gpt-4.1 (llama3:8b)")]
    public void Text_GoesOnWithoutKeysAndHosts(string text, string clean) => Assert.Equal(clean, UpstreamErrorText.Clean(text));

    [Fact]
    public void Text_TooLong_IsCutBetweenCharacters()
    {
        var words = string.Concat(Enumerable.Repeat("word ", 99)) + "last";

        Assert.Equal(words, UpstreamErrorText.Clean(words + "😀 and more of it"));
        Assert.Equal(500, UpstreamErrorText.Clean(string.Concat(Enumerable.Repeat("ab ", 400)))!.Length);
    }

    [Theory]
    [InlineData("Please retry in 48.9s.", 48900)]
    [InlineData("Please try again in 850ms. Thanks", 850)]
    [InlineData("Please retry in 0s", 0)]
    [InlineData("Never retry", 0)]
    public void Delay_InWords_IsRead(string text, int milliseconds) =>
        Assert.Equal(milliseconds == 0 ? null : TimeSpan.FromMilliseconds(milliseconds), UpstreamErrorText.RetryIn(text));

    [Fact]
    public void RandomBodies_NeverThrow()
    {
        var random = new Random(7);
        var sample = Recordings.Load("gemini-error-429").Response;
        for (var round = 0; round < 3000; round++)
        {
            var body = sample.ToArray();
            for (var edits = random.Next(1, 6); edits > 0; edits--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            var error = UpstreamErrors.Read(random.Next(2) == 0 ? 200 : 429, body.AsSpan(0, random.Next(body.Length)));

            Assert.InRange(error.Status, 400, 599);
            Assert.True(error.Message is null or { Length: <= 500 });
        }
    }

    private static UpstreamError Read(int status, string body) => UpstreamErrors.Read(status, Encoding.UTF8.GetBytes(body));
}
