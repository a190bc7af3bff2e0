using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Admission.Redis;

/// <summary>
/// The sums of rates that are too great for the numbers of a script. Times are microseconds. Rounded so that the contract is kept exactly: in any interval of length W at most
/// Burst + Limit * W / Window. A place in a rate of requests costs a whole number of microseconds and the burst is so many of them; tokens cost by their sum, and the burst is rounded down. Stateless.
/// </summary>
internal static class RateSums
{
    /// <summary>Thirty years: no more time than this is ever charged at once, so that the sums of the scripts stay exact.</summary>
    private const long Most = 1_000_000_000_000_000;

    public static long Micros(TimeSpan window) => Math.Max(1, window.Ticks / TimeSpan.TicksPerMicrosecond);

    /// <summary>Time that one request costs.</summary>
    public static long Request(long limit, TimeSpan window) => Divide(Micros(window), limit);

    /// <summary>Time that tokens cost; negative for tokens that are given back, then rounded towards less.</summary>
    public static long Tokens(long tokens, long limit, TimeSpan window) => Divide((Int128)tokens * Micros(window), limit);

    /// <summary>How far the TAT may run ahead of the clock.</summary>
    public static long Tolerance(LimitRule rule) => rule.Unit is LimitUnit.Requests
        ? (long)Int128.Min(Most, (Int128)Request(rule.Limit, rule.Window) * rule.Burst)
        : (long)Int128.Min(Most, (Int128)rule.Burst * Micros(rule.Window) / Math.Max(1, rule.Limit));

    /// <summary>What would still be admitted at once.</summary>
    /// <param name="ahead">How far the TAT is ahead of the clock.</param>
    public static long Remaining(LimitRule rule, long ahead)
    {
        var free = Tolerance(rule) - ahead;
        return free <= 0 ? 0
            : rule.Unit is LimitUnit.Requests ? free / Request(rule.Limit, rule.Window)
            : (long)Int128.Min(rule.Burst, (Int128)free * rule.Limit / Micros(rule.Window));
    }

    private static long Divide(Int128 micros, long limit)
    {
        var divisor = Math.Max(1, limit);
        var rounded = micros >= 0 ? (micros + divisor - 1) / divisor : -(-micros / divisor);
        return (long)Int128.Clamp(rounded, -Most, Most);
    }
}
