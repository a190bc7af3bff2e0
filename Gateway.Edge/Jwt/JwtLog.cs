namespace Gateway.Edge.Jwt;

/// <summary>Event ids 2080-2089. Names of issuers and numbers; no token, no claim, no address of an issuer.</summary>
internal static partial class JwtLog
{
    [LoggerMessage(2080, LogLevel.Information, "The keys of token issuer {Issuer} are read: {Count} key(s).")]
    public static partial void IssuerKeysRead(this ILogger logger, string issuer, int count);

    [LoggerMessage(2081, LogLevel.Error, "The keys of token issuer {Issuer} cannot be had ({Problem}); those known so far go on, and tokens with other keys are answered with 503. Said once, until they can.")]
    public static partial void IssuerKeysLost(this ILogger logger, string issuer, string problem);

    [LoggerMessage(2082, LogLevel.Error, "The keys of token issuers were not refreshed. It is tried again.")]
    public static partial void RefreshFailed(this ILogger logger, Exception exception);
}
