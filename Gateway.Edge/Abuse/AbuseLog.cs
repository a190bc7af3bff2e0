namespace Gateway.Edge.Abuse;

/// <summary>Event ids 2090-2094. Addresses and numbers; IPv6 addresses as their /64.</summary>
internal static partial class AbuseLog
{
    [LoggerMessage(2090, LogLevel.Warning, "Security event: {Address} sends more than {Limit} requests a minute without a valid key; they are refused unseen. {Unsaid} such message(s) were left out since the last.")]
    public static partial void AddressFloods(this ILogger logger, AddressKey address, int limit, long unsaid);

    [LoggerMessage(2091, LogLevel.Warning, "Security event: {Address} is locked out of the admin endpoints for {Minutes} min after {Failures} wrong admin keys.")]
    public static partial void AdminLocked(this ILogger logger, AddressKey address, double minutes, int failures);
}
