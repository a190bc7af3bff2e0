namespace Gateway.Router.Capture;

/// <summary>Event ids 3700-3719. Numbers alone: nothing of a request, nor of an exception's message, which may quote it.</summary>
internal static partial class CaptureLog
{
    [LoggerMessage(3700, LogLevel.Warning, "Captured content cannot be sent to Usage ({Reason}). It waits, as far as there is room, and is tried again.")]
    public static partial void ContentWaits(this ILogger logger, string reason);

    [LoggerMessage(3701, LogLevel.Information, "Captured content is sent to Usage again.")]
    public static partial void ContentGoesOn(this ILogger logger);

    [LoggerMessage(3702, LogLevel.Warning, "Usage refused the captured content of {Requests} request(s) ({Reason}); it is not kept.")]
    public static partial void ContentRefused(this ILogger logger, int requests, string reason);

    [LoggerMessage(3703, LogLevel.Warning, "The captured content of a request could not be written down ({ExceptionType}); it is not kept.")]
    public static partial void ContentUnreadable(this ILogger logger, string exceptionType);

    [LoggerMessage(3704, LogLevel.Warning, "The captured content of {Requests} request(s) had not reached Usage when this Router stopped; it is not kept.")]
    public static partial void ContentLeft(this ILogger logger, int requests);
}
