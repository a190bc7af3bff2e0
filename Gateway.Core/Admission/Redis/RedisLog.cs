using Microsoft.Extensions.Logging;

namespace Gateway.Core.Admission.Redis;

/// <summary>Log messages of the connection to Redis, event ids 1100-1119. No keys, no hosts.</summary>
internal static partial class RedisLog
{
    [LoggerMessage(1100, LogLevel.Warning, "Redis does not answer: limits and budgets are decided without it until it does.")]
    public static partial void RedisLost(this ILogger logger);

    [LoggerMessage(1101, LogLevel.Information, "Redis answers: limits and budgets are shared.")]
    public static partial void RedisUsed(this ILogger logger);

    [LoggerMessage(1102, LogLevel.Warning, "Redis cannot be used ({ExceptionType}): limits and budgets are decided without it. Check the connection string 'cache'.")]
    public static partial void RedisNotUsable(this ILogger logger, string exceptionType);

    [LoggerMessage(1103, LogLevel.Error, "A listener for the state of Redis failed.")]
    public static partial void ListenerFailed(this ILogger logger, Exception exception);

    [LoggerMessage(1104, LogLevel.Warning, "The connection to Redis hung although Redis answers on another: it was replaced.")]
    public static partial void RedisReplaced(this ILogger logger);

    [LoggerMessage(1105, LogLevel.Warning, "The connection to Redis hangs, and there was no other ({ExceptionType}): limits and budgets are decided without Redis until it answers.")]
    public static partial void RedisNotReplaced(this ILogger logger, string exceptionType);
}
