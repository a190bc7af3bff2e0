namespace Gateway.Edge.VirtualKeys.Runtime;

/// <summary>Log messages of keys made at run time, event ids 2060-2079. Ids of keys and numbers only.</summary>
internal static partial class KeyLog
{
    [LoggerMessage(2060, LogLevel.Information, "The store of keys ({Store}) is read: {Count} key(s).")]
    public static partial void KeyStoreRead(this ILogger logger, string store, int count);

    [LoggerMessage(2061, LogLevel.Error, "The store of keys ({Store}) does not answer: {Problem} The keys known so far go on; others are answered with 503. Said once, until it answers.")]
    public static partial void KeyStoreLost(this ILogger logger, string store, string problem);

    [LoggerMessage(2062, LogLevel.Error, "Key {KeyId} cannot be used: it was stored under another GATEWAY_KEY_PEPPER, or by a newer gateway. Give back the pepper, or rotate the key.")]
    public static partial void KeyUnusable(this ILogger logger, string keyId);

    [LoggerMessage(2063, LogLevel.Warning, "Key {KeyId} made at run time is not used: the document has a key of the same id. Delete one of them.")]
    public static partial void KeyShadowed(this ILogger logger, string keyId);

    [LoggerMessage(2064, LogLevel.Error, "There may be keys made at run time, but GATEWAY_KEY_PEPPER is not set, so none can be checked: they are answered with 503.")]
    public static partial void PepperMissing(this ILogger logger);

    [LoggerMessage(2065, LogLevel.Warning, "Notices of changed keys cannot be had from Redis ({ExceptionType}): changes arrive by asking the store each second.")]
    public static partial void NoticesNotUsable(this ILogger logger, string exceptionType);

    [LoggerMessage(2066, LogLevel.Information, "Key {KeyId} was {Action} (version {Version}).")]
    public static partial void KeyChanged(this ILogger logger, string keyId, string action, long version);

    [LoggerMessage(2067, LogLevel.Error, "Changes of keys were not taken in. They are tried again.")]
    public static partial void RefreshFailed(this ILogger logger, Exception exception);
}
