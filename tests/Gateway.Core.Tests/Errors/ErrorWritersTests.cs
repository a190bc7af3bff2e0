using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Microsoft.AspNetCore.Http;

namespace Gateway.Core.Tests.Errors;

public sealed class ErrorWritersTests
{
    private static readonly ErrorReply Limited = ErrorReply.Of(new GatewayError(GatewayErrorKind.RateLimited, "Slow \"down\".", RetryAfter: TimeSpan.FromMilliseconds(1500)));
    private static readonly ErrorReply Invalid = ErrorReply.Of(new GatewayError(GatewayErrorKind.InvalidRequest, "Bad é.", "messages"));

    [Theory]
    [InlineData(LlmProtocol.OpenAI, """{"error":{"message":"Bad é.","type":"invalid_request_error","param":"messages","code":"invalid_request"}}""")]
    [InlineData(LlmProtocol.Responses, """{"error":{"message":"Bad é.","type":"invalid_request_error","param":"messages","code":"invalid_request"}}""")]
    [InlineData(LlmProtocol.Anthropic, """{"type":"error","error":{"type":"invalid_request_error","message":"Bad é."},"request_id":"id-1"}""")]
    [InlineData(LlmProtocol.Gemini, """{"error":{"code":400,"message":"Bad é.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"INVALID_REQUEST","domain":"gateway"},{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"messages","description":"Bad é."}]}]}}""")]
    [InlineData(LlmProtocol.Ollama, """{"error":"Bad é."}""")]
    public void Body_InEachProtocol_IsWhatItsClientsRead(LlmProtocol protocol, string expected) => Assert.Equal(expected, Body(protocol, Invalid));

    [Fact]
    public void Body_ForAStreamAsArray_StandsInOne() => Assert.StartsWith("[{\"error\":{\"code\":400", Body(LlmProtocol.Gemini, Invalid, asArray: true), StringComparison.Ordinal);

    [Fact]
    public void Body_OfARateLimitForGemini_SaysWhenToRetry()
    {
        using var json = JsonDocument.Parse(Body(LlmProtocol.Gemini, Limited));

        var error = json.RootElement.GetProperty("error");
        Assert.Equal("RESOURCE_EXHAUSTED", error.GetProperty("status").GetString());
        var info = error.GetProperty("details").EnumerateArray().Single(static detail => detail.GetProperty("@type").GetString() == "type.googleapis.com/google.rpc.RetryInfo");
        Assert.Equal("1.5s", info.GetProperty("retryDelay").GetString());
    }

    [Fact]
    public void Body_WithNothingToAddForGemini_HasNoDetails() =>
        Assert.Equal("""{"error":{"code":500,"message":"m","status":"INTERNAL"}}""", Body(LlmProtocol.Gemini, new ErrorReply(500, "server_error", null, "m")));

    [Theory]
    [InlineData(LlmProtocol.OpenAI, "data: {\"error\":{\"message\":\"Bad é.\",\"type\":\"invalid_request_error\",\"param\":\"messages\",\"code\":\"invalid_request\"}}\n\n")]
    [InlineData(LlmProtocol.Responses, "event: error\ndata: {\"type\":\"error\",\"sequence_number\":12,\"code\":\"invalid_request\",\"message\":\"Bad é.\",\"param\":\"messages\"}\n\n")]
    [InlineData(LlmProtocol.Anthropic, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"Bad é.\"},\"request_id\":\"id-1\"}\n\n")]
    [InlineData(LlmProtocol.Ollama, "{\"error\":\"Bad é.\"}\n")]
    public void Event_InEachProtocol_IsWhatItsClientsRead(LlmProtocol protocol, string expected)
    {
        var output = new ArrayBufferWriter<byte>();

        ErrorWriters.WriteEvent(protocol, output, in Invalid, "id-1", sequenceNumber: 12);

        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Event_ForGemini_IsOneDataLine()
    {
        var output = new ArrayBufferWriter<byte>();

        ErrorWriters.WriteEvent(LlmProtocol.Gemini, output, in Invalid, "id-1");

        Assert.Equal("data: " + Body(LlmProtocol.Gemini, Invalid) + "\n\n", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData(400, "invalid_request_error", "INVALID_ARGUMENT")]
    [InlineData(401, "authentication_error", "UNAUTHENTICATED")]
    [InlineData(402, "billing_error", "FAILED_PRECONDITION")]
    [InlineData(403, "permission_error", "PERMISSION_DENIED")]
    [InlineData(404, "not_found_error", "NOT_FOUND")]
    [InlineData(405, "invalid_request_error", "INVALID_ARGUMENT")]
    [InlineData(408, "timeout_error", "DEADLINE_EXCEEDED")]
    [InlineData(409, "invalid_request_error", "ABORTED")]
    [InlineData(413, "request_too_large", "INVALID_ARGUMENT")]
    [InlineData(422, "invalid_request_error", "INVALID_ARGUMENT")]
    [InlineData(429, "rate_limit_error", "RESOURCE_EXHAUSTED")]
    [InlineData(500, "api_error", "INTERNAL")]
    [InlineData(502, "overloaded_error", "UNAVAILABLE")]
    [InlineData(503, "overloaded_error", "UNAVAILABLE")]
    [InlineData(504, "timeout_error", "DEADLINE_EXCEEDED")]
    [InlineData(529, "overloaded_error", "UNAVAILABLE")]
    public void Status_DecidesTypeAndStatusName(int status, string anthropic, string gemini)
    {
        var reply = new ErrorReply(status, "x", "y", "m");

        Assert.Equal((anthropic, gemini), (AnthropicErrorWriter.TypeOf(in reply), GeminiErrorWriter.StatusOf(in reply)));
    }

    [Fact]
    public void BadKeyOfTheGateway_IsNoOverload()
    {
        var reply = ErrorReply.Of(new GatewayError(GatewayErrorKind.UpstreamAuth, "m"));

        Assert.Equal(("api_error", "INTERNAL"), (AnthropicErrorWriter.TypeOf(in reply), GeminiErrorWriter.StatusOf(in reply)));
    }

    [Theory]
    [InlineData(LlmProtocol.OpenAI, null)]
    [InlineData(LlmProtocol.Anthropic, "id-7")]
    [InlineData(LlmProtocol.Gemini, null)]
    [InlineData(LlmProtocol.Ollama, null)]
    public async Task Response_InEachProtocol_HasStatusRetryHintAndItsOwnHeaders(LlmProtocol protocol, string? requestId)
    {
        var context = new DefaultHttpContext();
        using var body = new MemoryStream();
        context.Response.Body = body;

        await ErrorWriters.WriteAsync(protocol, context, new GatewayError(GatewayErrorKind.RateLimited, "m", RetryAfter: TimeSpan.FromMilliseconds(1500)), "id-7");

        Assert.Equal((429, "application/json"), (context.Response.StatusCode, context.Response.ContentType));
        Assert.Equal(("2", "1500"), (context.Response.Headers.RetryAfter.ToString(), context.Response.Headers["retry-after-ms"].ToString()));
        Assert.Equal(requestId ?? "", context.Response.Headers["request-id"].ToString());
        Assert.NotEqual(0, body.Length);
    }

    private static string Body(LlmProtocol protocol, ErrorReply error, bool asArray = false)
    {
        var output = new ArrayBufferWriter<byte>();
        ErrorWriters.WriteBody(protocol, output, in error, "id-1", asArray);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
