using System.Buffers;
using Gateway.Core.Errors;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;

namespace Gateway.Router.Attempts;

/// <summary>Answers for an upstream whose error is not in the shape of its protocol. The status stays; the body is ours.</summary>
internal static class ForeignError
{
    /// <summary>Makes the body, and sets what the head says about it. The head's status is already the client's.</summary>
    public static ReadOnlyMemory<byte> Translate(LlmExchange exchange, ReadOnlySpan<byte> body)
    {
        var response = exchange.Http.Response;
        var status = response.StatusCode;
        var kind = status is >= 500 or StatusCodes.Status408RequestTimeout or StatusCodes.Status429TooManyRequests ? GatewayErrorKind.UpstreamInvalidResponse : GatewayErrorKind.InvalidRequest;

        // A page of a proxy says nothing to a program, and may name hosts.
        var isPage = body.TrimStart(" \t\r\n"u8).StartsWith("<"u8);
        var error = new GatewayError(kind, !isPage && UpstreamErrors.Read(status, body).Message is { } text
            ? $"The model provider answered with status {status}: {text}" : $"The model provider answered with status {status} and no readable error.");
        exchange.Outcome.Error = error;
        var output = new ArrayBufferWriter<byte>();
        ErrorWriters.WriteBody(exchange.Endpoint.Protocol, output, ErrorReply.Of(error), exchange.RequestId.ToString(), exchange.Call.AsArray);
        response.ContentType = "application/json";
        return output.WrittenMemory;
    }
}
