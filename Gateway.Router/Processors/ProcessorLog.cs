namespace Gateway.Router.Processors;

internal static partial class ProcessorLog
{
    [LoggerMessage(3090, LogLevel.Warning, "Request {RequestId}: processor {Processor} failed with {Status} (its own request is {InnerRequestId}).")]
    public static partial void ProcessorFailed(this ILogger logger, Guid requestId, string processor, int status, Guid innerRequestId);

    [LoggerMessage(3091, LogLevel.Warning, "Request {RequestId}: processor {Processor} is not in this Router's document.")]
    public static partial void ProcessorUnknown(this ILogger logger, Guid requestId, string processor);

    [LoggerMessage(3092, LogLevel.Debug, "Request {RequestId}: processor {Processor} rewrote the text (its own request is {InnerRequestId}).")]
    public static partial void ProcessorDone(this ILogger logger, Guid requestId, string processor, Guid innerRequestId);
}
