namespace Gateway.Edge.Admin.ConfigVersions;

/// <summary>Log messages of the document's versions, event ids 2040-2049. Numbers only: comments are the operators' own.</summary>
internal static partial class ConfigVersionLog
{
    [LoggerMessage(2040, LogLevel.Information, "The document in force is version {Version} ({Source}).")]
    public static partial void VersionInForce(this ILogger logger, long version, string source);

    [LoggerMessage(2041, LogLevel.Error, "The document in force could not be kept as a version ({Store}): {Problem} It is tried again; said once, until it can.")]
    public static partial void VersionNotKept(this ILogger logger, string store, string problem);

    [LoggerMessage(2042, LogLevel.Error, "The document in force could not be kept as a version. It is tried again.")]
    public static partial void RecordingFailed(this ILogger logger, Exception exception);
}
