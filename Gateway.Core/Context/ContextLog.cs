using Microsoft.Extensions.Logging;

namespace Gateway.Core.Context;

/// <summary>Event ids 1050-1059. Ids of keys are derived one way: they do not tell the secrets.</summary>
internal static partial class ContextLog
{
    [LoggerMessage(1050, LogLevel.Information, "The context key {KeyId} is accepted, and signs in {Seconds} s, when every service has read it.")]
    public static partial void ContextSecretAccepted(this ILogger logger, string keyId, double seconds);

    [LoggerMessage(1051, LogLevel.Information, "The context key {KeyId} signs from now on.")]
    public static partial void ContextSecretSigns(this ILogger logger, string keyId);

    [LoggerMessage(1052, LogLevel.Error, "The context secrets stay as they are, since their file cannot be used: {Problem}")]
    public static partial void ContextSecretsRefused(this ILogger logger, string problem);

    [LoggerMessage(1053, LogLevel.Information, "The file of the context secrets can be used again.")]
    public static partial void ContextSecretsRestored(this ILogger logger);
}
