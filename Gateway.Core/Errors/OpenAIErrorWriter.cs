using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Gateway.Core.Errors;

/// <summary>Writes errors as OpenAI clients read them: <c>{"error":{"message","type","param","code"}}</c>.</summary>
public static class OpenAIErrorWriter
{
    /// <summary>What a 503 or 429 says when nobody knows better.</summary>
    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Errors are read by people in terminals: an apostrophe stays one. The body is never HTML.</summary>
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes status, <c>retry-after</c> and body. The response must not have started.</summary>
    public static async Task WriteAsync(HttpContext context, GatewayError error)
    {
        var response = context.Response;
        var facts = error.Facts;
        response.StatusCode = facts.Status;
        response.ContentType = "application/json";
        if (facts.Status is 429 or 503)
        {
            WriteRetryAfter(response.Headers, error.RetryAfter ?? DefaultRetryAfter);
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        WriteBody(response.BodyWriter, error);
        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>The error object as one JSON document.</summary>
    public static void WriteBody(IBufferWriter<byte> output, GatewayError error) => WriteBody(output, ErrorReply.Of(error));

    /// <summary>The error object as one JSON document.</summary>
    public static void WriteBody(IBufferWriter<byte> output, in ErrorReply error)
    {
        using var json = new Utf8JsonWriter(output, Readable);
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, error.Message);
        json.WriteString("type"u8, error.Type);
        json.WriteString("param"u8, error.Param);
        json.WriteString("code"u8, error.Code);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The error as one SSE event. A stream that ends with it has no <c>[DONE]</c>.</summary>
    public static void WriteEvent(IBufferWriter<byte> output, GatewayError error)
    {
        output.Write("data: "u8);
        WriteBody(output, error);
        output.Write("\n\n"u8);
    }

    /// <summary>Seconds rounded up, so that who waits exactly that long is let in, and milliseconds for SDKs that read them.</summary>
    public static void WriteRetryAfter(IHeaderDictionary headers, TimeSpan wait)
    {
        var milliseconds = Math.Max(1, (long)Math.Ceiling(wait.TotalMilliseconds));
        headers.RetryAfter = ((milliseconds + 999) / 1000).ToString(CultureInfo.InvariantCulture);
        headers["retry-after-ms"] = milliseconds.ToString(CultureInfo.InvariantCulture);
    }
}
