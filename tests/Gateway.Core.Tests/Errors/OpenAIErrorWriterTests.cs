using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Microsoft.AspNetCore.Http;

namespace Gateway.Core.Tests.Errors;

public sealed class OpenAIErrorWriterTests
{
    [Fact]
    public void Body_OfAnError_IsWhatOpenAIClientsRead()
    {
        var output = new ArrayBufferWriter<byte>();

        OpenAIErrorWriter.WriteBody(output, new(GatewayErrorKind.ModelNotFound, "The model \"x\" does not exist.", "model"));

        Assert.Equal(
            """{"error":{"message":"The model \"x\" does not exist.","type":"invalid_request_error","param":"model","code":"model_not_found"}}""",
            Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Body_WithoutAField_HasParamNull()
    {
        var output = new ArrayBufferWriter<byte>();

        OpenAIErrorWriter.WriteBody(output, new(GatewayErrorKind.Internal, "Oops."));

        Assert.Equal("""{"error":{"message":"Oops.","type":"server_error","param":null,"code":"internal_error"}}""", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Event_OfAnError_IsOneDataLine()
    {
        var output = new ArrayBufferWriter<byte>();

        OpenAIErrorWriter.WriteEvent(output, new(GatewayErrorKind.UpstreamStreamBroken, "line one\nline two"));

        var text = Encoding.UTF8.GetString(output.WrittenSpan);
        Assert.StartsWith("data: {\"error\":{\"message\":\"line one\\nline two\"", text, StringComparison.Ordinal);
        Assert.EndsWith("}}\n\n", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Count(static character => character == '\n'));
    }

    [Theory]
    [InlineData(0, "1", "1")]
    [InlineData(-5000, "1", "1")]
    [InlineData(0.2, "1", "1")]
    [InlineData(1, "1", "1")]
    [InlineData(999.1, "1", "1000")]
    [InlineData(1000, "1", "1000")]
    [InlineData(1000.5, "2", "1001")]
    [InlineData(59_001, "60", "59001")]
    public void RetryAfter_InFractions_IsRoundedUp(double milliseconds, string seconds, string exact)
    {
        var headers = new HeaderDictionary();

        OpenAIErrorWriter.WriteRetryAfter(headers, TimeSpan.FromTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond)));

        Assert.Equal(seconds, headers["retry-after"].ToString());
        Assert.Equal(exact, headers["retry-after-ms"].ToString());
    }

    [Fact]
    public void RetryAfter_OfTheLongestTime_IsStillANumber()
    {
        var headers = new HeaderDictionary();

        OpenAIErrorWriter.WriteRetryAfter(headers, TimeSpan.MaxValue);

        Assert.True(long.Parse(headers["retry-after"].ToString(), System.Globalization.CultureInfo.InvariantCulture) > 0);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Response_OfEveryKind_HasStatusTypeCodeAndRetryAfterWhereARetryHelps(GatewayErrorKind kind)
    {
        var (context, body) = Context("POST");

        await OpenAIErrorWriter.WriteAsync(context, new(kind, "text"));

        var facts = GatewayErrors.Describe(kind);
        using var json = JsonDocument.Parse(body.ToArray());
        var error = json.RootElement.GetProperty("error");
        Assert.Equal(facts.Status, context.Response.StatusCode);
        Assert.Equal("application/json", context.Response.ContentType);
        Assert.Equal(facts.Code, error.GetProperty("code").GetString());
        Assert.Equal(facts.Type, error.GetProperty("type").GetString());
        Assert.Equal(facts.Status is 429 or 503, context.Response.Headers.ContainsKey("retry-after"));
    }

    [Fact]
    public async Task Response_ToHead_HasNoBody()
    {
        var (context, body) = Context("HEAD");

        await OpenAIErrorWriter.WriteAsync(context, new(GatewayErrorKind.RateLimited, "text", RetryAfter: TimeSpan.FromSeconds(3)));

        Assert.Equal(429, context.Response.StatusCode);
        Assert.Equal("3", context.Response.Headers.RetryAfter.ToString());
        Assert.Equal(0, body.Length);
    }

    [Fact]
    public void Facts_OfAllKinds_HaveUniqueCodesAndFittingLevels()
    {
        var all = Enum.GetValues<GatewayErrorKind>().Select(GatewayErrors.Describe).ToList();

        Assert.Equal(all.Count, all.Select(static facts => facts.Code).Distinct(StringComparer.Ordinal).Count());
        Assert.All(all, static facts => Assert.InRange(facts.Status, 400, 599));
        // A client's mistake is no second chance for another deployment.
        Assert.All(all.Where(static facts => facts.Domain == FaultDomain.Caller), static facts => Assert.False(facts.MayFallBack));
    }

    [Theory]
    [InlineData(null, 502, null)]
    [InlineData(429, 429, "1")]
    [InlineData(503, 503, "1")]
    [InlineData(504, 504, null)]
    public async Task Error_WithAStatusOfItsOwn_HasItAndWhatBelongsToIt(int? status, int expected, string? retryAfter)
    {
        var (context, _) = Context(HttpMethods.Post);

        await OpenAIErrorWriter.WriteAsync(context, new GatewayError(GatewayErrorKind.ProcessorFailed, "No.") { Status = status });

        Assert.Equal(expected, context.Response.StatusCode);
        Assert.Equal(retryAfter, (string?)context.Response.Headers.RetryAfter);
    }

    public static TheoryData<GatewayErrorKind> Kinds => [.. Enum.GetValues<GatewayErrorKind>()];

    private static (DefaultHttpContext Context, MemoryStream Body) Context(string method)
    {
        var body = new MemoryStream();
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Response.Body = body;
        return (context, body);
    }
}
