namespace Gateway.Edge.Admin.Audit;

/// <summary>Event ids 2095-2099. The first is logged under its own category, <see cref="Category"/>, so that it can be sent elsewhere.</summary>
internal static partial class AuditLog
{
    public const string Category = "Gateway.Audit";

    [LoggerMessage(2095, LogLevel.Information, "Admin call {RequestId} from {Address}: {Method} {Path} was answered with {Status} (key {KeyId}; {Unsaid} refused call(s) before it were not noted).")]
    public static partial void AdminCall(this ILogger logger, string requestId, string address, string method, string path, int status, string keyId, long unsaid);

    [LoggerMessage(2096, LogLevel.Error, "The audit file cannot be written ({ExceptionType}): what operators do is in the log alone. Said once, until it can.")]
    public static partial void AuditFileLost(this ILogger logger, string exceptionType);

    [LoggerMessage(2097, LogLevel.Information, "The audit file is written again.")]
    public static partial void AuditFileUsed(this ILogger logger);

    [LoggerMessage(2098, LogLevel.Error, "A line of the audit file was lost: too many wait for the disk. It is in the log.")]
    public static partial void AuditLineLost(this ILogger logger);
}
