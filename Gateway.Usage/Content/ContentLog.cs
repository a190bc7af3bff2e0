namespace Gateway.Usage.Content;

/// <summary>Event ids 5300-5319. No word of any content.</summary>
internal static partial class ContentLog
{
    [LoggerMessage(5300, LogLevel.Warning, "Captured content cannot be kept ({ExceptionType}); the Router tries again.")]
    public static partial void ContentNotKept(this ILogger logger, string exceptionType);

    [LoggerMessage(5301, LogLevel.Information, "The captured content of {Days} day(s) before {First} was deleted: usage.capture_retention is over.")]
    public static partial void DaysDeleted(this ILogger logger, int days, DateOnly first);

    [LoggerMessage(5302, LogLevel.Error, "Captured content whose time is over cannot be deleted ({ExceptionType}); it is not shown, and deleting it is tried again in an hour.")]
    public static partial void SweepFailed(this ILogger logger, string exceptionType);
}
