namespace Gateway.Router.Moderating;

internal static partial class ModeratingLog
{
    [LoggerMessage(3040, LogLevel.Error, "Request {RequestId}: policy {Policy} could not be asked ({ExceptionType}).")]
    public static partial void ModerationUnavailable(this ILogger logger, Guid requestId, string policy, string exceptionType);

    [LoggerMessage(3041, LogLevel.Error, "Request {RequestId}: policy {Policy} returned a body that is not the same request.")]
    public static partial void RedactionInvalid(this ILogger logger, Guid requestId, string policy);

    [LoggerMessage(3042, LogLevel.Information, "Request {RequestId}: policy {Policy} blocked the content (check {Check}).")]
    public static partial void ContentBlocked(this ILogger logger, Guid requestId, string policy, string check);
}
