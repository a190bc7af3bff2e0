namespace Gateway.Router.Credentials;

internal static partial class CredentialLog
{
    [LoggerMessage(3080, LogLevel.Error, "The provider refused credential {Credential} with status {Status}: it is not used at {Deployment} for {Seconds} s. Check the provider's key.")]
    public static partial void Quarantined(this ILogger logger, string credential, int status, string deployment, double seconds);

    [LoggerMessage(3081, LogLevel.Warning, "The provider refused credential {Credential} again with status {Status}: it is not used at {Deployment} for another {Seconds} s.")]
    public static partial void StillQuarantined(this ILogger logger, string credential, int status, string deployment, double seconds);

    [LoggerMessage(3082, LogLevel.Information, "Credential {Credential} is accepted again at {Deployment}.")]
    public static partial void Released(this ILogger logger, string credential, string deployment);

    [LoggerMessage(3083, LogLevel.Error, "The account of credential {Credential} has no quota left: it rests at {Deployment} for {Seconds} s. Check its credits and its limits.")]
    public static partial void QuotaExhausted(this ILogger logger, string credential, string deployment, double seconds);

    [LoggerMessage(3084, LogLevel.Warning, "The account of credential {Credential} still has no quota: it rests at {Deployment} for another {Seconds} s.")]
    public static partial void QuotaStillExhausted(this ILogger logger, string credential, string deployment, double seconds);
}
