using System.Text;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>Reads the errors that Bedrock puts into streams and answers.</summary>
internal static class BedrockErrors
{
    /// <summary>The model made a call that is none; another attempt may do better.</summary>
    public const string MalformedCall = "upstream_malformed_tool_call";

    public static bool IsMalformed(ReadOnlySpan<byte> stopReason) => stopReason.StartsWith("malformed_"u8);

    /// <param name="bytes">A message of a stream, or a JSON document.</param>
    public static UpstreamError Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.TrimStart(" \t\r\n"u8) is [(byte)'{', ..])
        {
            return OfPayload(StatusCodes.Status502BadGateway, null, bytes);
        }

        if (!EventStreamMessage.TryRead(bytes, out var message))
        {
            return new UpstreamError(StatusCodes.Status502BadGateway, null, null, "The stream of the model provider is damaged.", null);
        }

        if (message.MessageType.SequenceEqual("error"u8))
        {
            var code = Encoding.UTF8.GetString(message.ErrorCode);
            return new UpstreamError(StatusOf(code), code, null, UpstreamErrorText.Clean(Encoding.UTF8.GetString(message.ErrorMessage)), null);
        }

        var type = message.ExceptionType.IsEmpty ? null : Encoding.UTF8.GetString(message.ExceptionType);
        return OfPayload(type is null ? StatusCodes.Status502BadGateway : StatusOf(type), type, message.Payload);
    }

    private static UpstreamError OfPayload(int status, string? type, ReadOnlySpan<byte> payload)
    {
        if (!BedrockEvent.TryRead(payload, out var read))
        {
            return new UpstreamError(status, type, null, null, null);
        }

        if (IsMalformed(read.StopReason.In(payload)))
        {
            return new UpstreamError(StatusCodes.Status502BadGateway, type, MalformedCall, "The model made a tool call that cannot be read.", null);
        }

        // An error of the model itself comes as 424, with the status that the model's server gave.
        status = read.OriginalStatus is >= 400 and < 600 ? (int)read.OriginalStatus : status;
        return UpstreamErrors.Read(status, payload) with { Type = type };
    }

    private static int StatusOf(string type) => type switch
    {
        "validationException" or "ValidationException" => StatusCodes.Status400BadRequest,
        "accessDeniedException" or "AccessDeniedException" => StatusCodes.Status403Forbidden,
        "resourceNotFoundException" or "ResourceNotFoundException" => StatusCodes.Status404NotFound,
        "modelTimeoutException" or "ModelTimeoutException" => StatusCodes.Status408RequestTimeout,
        "throttlingException" or "ThrottlingException" or "serviceQuotaExceededException" or "ServiceQuotaExceededException" => StatusCodes.Status429TooManyRequests,
        "serviceUnavailableException" or "ServiceUnavailableException" => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };
}
