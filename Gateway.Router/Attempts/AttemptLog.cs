namespace Gateway.Router.Attempts;

internal static partial class AttemptLog
{
    [LoggerMessage(3020, LogLevel.Warning, "Request {RequestId}: the attempt at {DeploymentId} failed with {Code} ({ExceptionType}).")]
    public static partial void AttemptFailed(this ILogger logger, Guid requestId, string deploymentId, string code, string exceptionType);

    [LoggerMessage(3022, LogLevel.Warning, "Request {RequestId}: the second call at {DeploymentId} could not be made ({ExceptionType}).")]
    public static partial void HedgeFailed(this ILogger logger, Guid requestId, string deploymentId, string exceptionType);
}
