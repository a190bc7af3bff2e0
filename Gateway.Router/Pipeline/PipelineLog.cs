using Gateway.Core.Errors;

namespace Gateway.Router.Pipeline;

internal static partial class PipelineLog
{
    [LoggerMessage(EventId = 3000, Message = "Request {RequestId} failed with {Code} (fault domain {Domain}, deployment {Deployment}).")]
    public static partial void RequestFailed(this ILogger logger, LogLevel level, Guid requestId, string code, FaultDomain domain, string deployment);

    [LoggerMessage(3001, LogLevel.Error, "A stage failed on request {RequestId}.")]
    public static partial void StageFailed(this ILogger logger, Guid requestId, Exception exception);

    [LoggerMessage(3002, LogLevel.Error, "Request {RequestId} could not be settled; the journal's recovery will.")]
    public static partial void SettlementFailed(this ILogger logger, Guid requestId, Exception exception);

    [LoggerMessage(3003, LogLevel.Information, "Request {RequestId} was aborted ({ExceptionType}).")]
    public static partial void ExchangeAborted(this ILogger logger, Guid requestId, string exceptionType);

    [LoggerMessage(3004, LogLevel.Warning, "Security event: the body of request {RequestId} does not say what the Edge authorised for it (field {Field}).")]
    public static partial void FactsMismatch(this ILogger logger, Guid requestId, string field);

    [LoggerMessage(3005, LogLevel.Warning, "Security event: the signed context of request {RequestId} was used a second time, and refused.")]
    public static partial void ContextReplayed(this ILogger logger, Guid requestId);
}
