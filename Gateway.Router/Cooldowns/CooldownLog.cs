namespace Gateway.Router.Cooldowns;

/// <summary>Event ids 3600-3649. One line for each change of a state, none for a request.</summary>
internal static partial class CooldownLog
{
    [LoggerMessage(3600, LogLevel.Warning, "Deployment {DeploymentId} is open for {Seconds:F1} s ({Reason}).")]
    public static partial void DeploymentOpened(this ILogger logger, string deploymentId, double seconds, string reason);

    [LoggerMessage(3601, LogLevel.Information, "Deployment {DeploymentId} is half-open after {Seconds:F1} s ({Reason}): one request at a time tries it.")]
    public static partial void DeploymentHalfOpen(this ILogger logger, string deploymentId, double seconds, string reason);

    [LoggerMessage(3602, LogLevel.Information, "Deployment {DeploymentId} is closed after {Seconds:F1} s ({Reason}): it serves again.")]
    public static partial void DeploymentClosed(this ILogger logger, string deploymentId, double seconds, string reason);

    [LoggerMessage(3603, LogLevel.Warning, "The address of provider {Provider} is open for {Seconds:F1} s ({Reason}).")]
    public static partial void EndpointOpened(this ILogger logger, string provider, double seconds, string reason);

    [LoggerMessage(3604, LogLevel.Information, "The address of provider {Provider} is half-open after {Seconds:F1} s ({Reason}): one request at a time tries it.")]
    public static partial void EndpointHalfOpen(this ILogger logger, string provider, double seconds, string reason);

    [LoggerMessage(3605, LogLevel.Information, "The address of provider {Provider} is closed after {Seconds:F1} s ({Reason}): it is used again.")]
    public static partial void EndpointClosed(this ILogger logger, string provider, double seconds, string reason);

    [LoggerMessage(3606, LogLevel.Warning, "Routers cannot tell each other of cooldowns through Redis ({Exception}); each finds out by itself. Said once.")]
    public static partial void HintsNotUsable(this ILogger logger, string exception);

    [LoggerMessage(3607, LogLevel.Warning, "The probe of provider {Provider} failed ({Failure}, status {Status}).")]
    public static partial void ProbeFailed(this ILogger logger, string provider, string failure, int status);

    [LoggerMessage(3608, LogLevel.Information, "The probe of provider {Provider} succeeds.")]
    public static partial void ProbeSucceeded(this ILogger logger, string provider);
}
