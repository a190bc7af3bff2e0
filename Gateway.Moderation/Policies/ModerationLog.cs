namespace Gateway.Moderation.Policies;

/// <summary>Event ids 4000-4099. Never content, never a keyword.</summary>
internal static partial class ModerationLog
{
    [LoggerMessage(4000, LogLevel.Information, "{Policies} moderation policies of configuration generation {Generation} are in force.")]
    public static partial void PoliciesBuilt(this ILogger logger, int policies, long generation);

    [LoggerMessage(4001, LogLevel.Information, "Request {RequestId} is blocked by check {Check} of policy {Policy}.")]
    public static partial void Blocked(this ILogger logger, Guid requestId, string policy, string check);

    [LoggerMessage(4002, LogLevel.Information, "Request {RequestId} is redacted by policy {Policy}.")]
    public static partial void Redacted(this ILogger logger, Guid requestId, string policy);

    [LoggerMessage(4003, LogLevel.Warning, "Request {RequestId}: check {Check} of policy {Policy} failed: {Reason}.")]
    public static partial void CheckFailed(this ILogger logger, Guid requestId, string policy, string check, string reason);

    [LoggerMessage(4004, LogLevel.Warning, "A call to {Path} without a valid context was refused.")]
    public static partial void ContextRefused(this ILogger logger, string path);

    [LoggerMessage(4005, LogLevel.Error, "Request {RequestId} names the policy {Policy}, which configuration generation {Generation} does not have.")]
    public static partial void PolicyUnknown(this ILogger logger, Guid requestId, string policy, long generation);
}
