using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Gateway.Core.Requests;
using Microsoft.AspNetCore.Http;

namespace Gateway.Core.Errors;

/// <summary>Writes errors as OpenAI clients read them: <c>{"error":{"message","type","param","code"}}</c>.</summary>
public static class OpenAIErrorWriter
{
    /// <summary>Writes status, <c>retry-after</c> and body. The response must not have started.</summary>
    public static Task WriteAsync(HttpContext context, GatewayError error) => ErrorWriters.WriteAsync(LlmProtocol.OpenAI, context, error);

    /// <summary>The error object as one JSON document.</summary>
    public static void WriteBody(IBufferWriter<byte> output, GatewayError error) => WriteBody(output, ErrorReply.Of(error));

    /// <summary>The error object as one JSON document.</summary>
    public static void WriteBody(IBufferWriter<byte> output, in ErrorReply error)
    {
        using var json = new Utf8JsonWriter(output, ErrorWriters.Readable);
        Write(json, in error);
    }

    internal static void Write(Utf8JsonWriter json, in ErrorReply error)
    {
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
