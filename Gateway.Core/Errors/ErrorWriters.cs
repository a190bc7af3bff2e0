using System.Buffers;
using Gateway.Core.Requests;
using Microsoft.AspNetCore.Http;

namespace Gateway.Core.Errors;

/// <summary>Writes errors in the shape that clients of each protocol read.</summary>
public static class ErrorWriters
{
    /// <summary>Writes status, <c>retry-after</c> and body. The response must not have started.</summary>
    public static Task WriteAsync(LlmProtocol protocol, HttpContext context, GatewayError error)
    {
        _ = protocol;
        return OpenAIErrorWriter.WriteAsync(context, error);
    }

    /// <summary>The error as one JSON document.</summary>
    public static void WriteBody(LlmProtocol protocol, IBufferWriter<byte> output, in ErrorReply error, string requestId)
    {
        _ = protocol;
        _ = requestId;
        OpenAIErrorWriter.WriteBody(output, in error);
    }

    /// <summary>The error as the last event of a stream.</summary>
    public static void WriteEvent(LlmProtocol protocol, IBufferWriter<byte> output, in ErrorReply error, string requestId)
    {
        output.Write("data: "u8);
        WriteBody(protocol, output, in error, requestId);
        output.Write("\n\n"u8);
    }
}
