using Microsoft.Extensions.Logging;

namespace Gateway.Core.Configuration.Store;

/// <summary>Event ids 1000-1099.</summary>
internal static partial class ConfigLog
{
    [LoggerMessage(1000, LogLevel.Information, "Configuration generation {Generation} from {Origin} is in force (fingerprint {Fingerprint}).")]
    public static partial void Loaded(this ILogger logger, long generation, string origin, string fingerprint);

    [LoggerMessage(1001, LogLevel.Error, "The new configuration is refused, generation {Generation} stays in force: {Problem}")]
    public static partial void Refused(this ILogger logger, long generation, string problem);

    [LoggerMessage(1002, LogLevel.Information, "The document is again the one of generation {Generation}.")]
    public static partial void Restored(this ILogger logger, long generation);

    [LoggerMessage(1003, LogLevel.Error, "A feature could not take over configuration generation {Generation} and keeps the one before.")]
    public static partial void BuildFailed(this ILogger logger, Exception exception, long generation);

    [LoggerMessage(1004, LogLevel.Warning, "The configuration's folder cannot be watched ({Reason}); the file is read every {PollSeconds} s instead.")]
    public static partial void NotWatching(this ILogger logger, string reason, double pollSeconds);

    [LoggerMessage(1005, LogLevel.Error, "The new catalogue of prices is refused, the one before stays in force: {Problem}")]
    public static partial void CatalogueRefused(this ILogger logger, string problem);
}
