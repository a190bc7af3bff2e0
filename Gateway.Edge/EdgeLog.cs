namespace Gateway.Edge;

/// <summary>Log messages of the Edge, event ids 2000-2099. Ids and numbers only: no content, no keys, no hosts.</summary>
internal static partial class EdgeLog
{
    [LoggerMessage(EventId = 2000, Message = "Request {RequestId} was refused with {Status} {Code} (fault: {Domain}).")]
    public static partial void Refused(this ILogger logger, LogLevel level, string requestId, int status, string code, string domain);

    [LoggerMessage(2001, LogLevel.Error, "Request {RequestId} met an unexpected failure.")]
    public static partial void Unexpected(this ILogger logger, Exception exception, string requestId);

    [LoggerMessage(2002, LogLevel.Warning, "Request {RequestId}: {Service} broke off its answer after {Bytes} bytes; the client was told {How}.")]
    public static partial void AnswerBroken(this ILogger logger, string requestId, string service, long bytes, string how);

    [LoggerMessage(2003, LogLevel.Warning, "{Service} could not be reached ({Error}). Said once, until it answers again.")]
    public static partial void ServiceUnreachable(this ILogger logger, string service, string error);

    [LoggerMessage(2004, LogLevel.Information, "{Service} answers again.")]
    public static partial void ServiceReached(this ILogger logger, string service);

    [LoggerMessage(2005, LogLevel.Error, "{Service} rejects the context of the Edge: compare GATEWAY_CONTEXT_SECRET and the clocks of both. Said once, until it accepts one.")]
    public static partial void ContextRejected(this ILogger logger, string service);

    [LoggerMessage(2006, LogLevel.Information, "{Service} accepts the context of the Edge again.")]
    public static partial void ContextAccepted(this ILogger logger, string service);

    [LoggerMessage(2007, LogLevel.Warning, "The providers' model lists could not be had from the Router ({ExceptionType}); what was known of them stays.")]
    public static partial void ModelListsUnavailable(this ILogger logger, string exceptionType);

    [LoggerMessage(2020, LogLevel.Information, "Service {Service} has {Count} address(es).")]
    public static partial void AddressesResolved(this ILogger logger, string service, int count);
}
