namespace Gateway.Router.StoredResponses;

internal static partial class StoredResponseLog
{
    [LoggerMessage(3070, LogLevel.Warning, "Responses cannot be kept in Redis ({Exception}); they are kept in memory.")]
    public static partial void RedisNotUsable(this ILogger logger, string exception);

    [LoggerMessage(3071, LogLevel.Warning, "Redis failed to keep responses ({Exception}); they are kept in memory for {Seconds} s.")]
    public static partial void RedisPaused(this ILogger logger, string exception, double seconds);

    [LoggerMessage(3072, LogLevel.Information, "The response of request {RequestId} is too large to be continued by its id: {Bytes} bytes.")]
    public static partial void TooLarge(this ILogger logger, Guid requestId, int bytes);
}
