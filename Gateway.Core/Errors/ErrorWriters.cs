using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Requests;
using Microsoft.AspNetCore.Http;

namespace Gateway.Core.Errors;

/// <summary>Writes errors in the shape that clients of each protocol read.</summary>
public static class ErrorWriters
{
    /// <summary>What a 503 or 429 says when nobody knows better.</summary>
    internal static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Errors are read by people in terminals: an apostrophe stays one. The body is never HTML.</summary>
    internal static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether an answer of this status says when to try again. 529 is a 503 in Anthropic's words.</summary>
    public static bool NamesRetry(int status) => status is 429 or 503 or 529;

    /// <summary>Writes status, headers of the protocol's errors, and body. The response must not have started.</summary>
    /// <param name="protocol">The client's.</param>
    /// <param name="context">The client's request.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="requestId">As clients know it; null takes the one of the server.</param>
    /// <param name="asArray">Whether the client waits for one JSON array (Gemini's stream without <c>alt=sse</c>).</param>
    public static async Task WriteAsync(LlmProtocol protocol, HttpContext context, GatewayError error, string? requestId = null, bool asArray = false)
    {
        var reply = ErrorReply.Of(error);
        var response = context.Response;
        requestId ??= context.TraceIdentifier;
        response.StatusCode = reply.Status;
        response.ContentType = "application/json";
        if (reply.RetryAfter is { } wait)
        {
            OpenAIErrorWriter.WriteRetryAfter(response.Headers, wait);
        }

        if (protocol == LlmProtocol.Anthropic)
        {
            response.Headers[AnthropicErrorWriter.RequestIdHeader] = requestId;
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        WriteBody(protocol, response.BodyWriter, in reply, requestId, asArray);
        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>The error as one JSON document.</summary>
    /// <param name="protocol">The client's.</param>
    /// <param name="output">Takes the bytes.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="requestId">As clients know it.</param>
    /// <param name="asArray">Whether the client waits for one JSON array.</param>
    public static void WriteBody(LlmProtocol protocol, IBufferWriter<byte> output, in ErrorReply error, string requestId, bool asArray = false)
    {
        using var json = new Utf8JsonWriter(output, Readable);
        switch (protocol)
        {
            case LlmProtocol.Anthropic:
                AnthropicErrorWriter.Write(json, in error, requestId);
                break;
            case LlmProtocol.Gemini when asArray:
                json.WriteStartArray();
                GeminiErrorWriter.Write(json, in error);
                json.WriteEndArray();
                break;
            case LlmProtocol.Gemini:
                GeminiErrorWriter.Write(json, in error);
                break;
            case LlmProtocol.Ollama:
                json.WriteStartObject();
                json.WriteString("error"u8, error.Message);
                json.WriteEndObject();
                break;
            default:
                OpenAIErrorWriter.Write(json, in error);
                break;
        }
    }

    /// <summary>The error as the last event of a stream. Nothing that looks like a normal end may follow.</summary>
    /// <param name="protocol">The client's.</param>
    /// <param name="output">Takes the bytes.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="requestId">As clients know it.</param>
    /// <param name="sequenceNumber">Place among the events of a stream of responses; the other protocols do not count.</param>
    public static void WriteEvent(LlmProtocol protocol, IBufferWriter<byte> output, in ErrorReply error, string requestId, long sequenceNumber = 0)
    {
        switch (protocol)
        {
            case LlmProtocol.Ollama:
                WriteBody(protocol, output, in error, requestId);
                output.Write("\n"u8);
                return;
            case LlmProtocol.Responses:
                output.Write("event: error\ndata: "u8);
                WriteResponsesEvent(output, in error, sequenceNumber);
                break;
            case LlmProtocol.Anthropic:
                output.Write("event: error\ndata: "u8);
                WriteBody(protocol, output, in error, requestId);
                break;
            default:
                output.Write("data: "u8);
                WriteBody(protocol, output, in error, requestId);
                break;
        }

        output.Write("\n\n"u8);
    }

    private static void WriteResponsesEvent(IBufferWriter<byte> output, in ErrorReply error, long sequenceNumber)
    {
        using var json = new Utf8JsonWriter(output, Readable);
        json.WriteStartObject();
        json.WriteString("type"u8, "error"u8);
        json.WriteNumber("sequence_number"u8, sequenceNumber);
        json.WriteString("code"u8, error.Code);
        json.WriteString("message"u8, error.Message);
        json.WriteString("param"u8, error.Param);
        json.WriteEndObject();
    }
}
