namespace Gateway.Usage.Reports;

/// <summary>Sums are kept by the hour: an hour that a span touches counts in full.</summary>
internal static class UsageSpan
{
    public const long MsPerHour = 3_600_000;

    public static int First(long fromUnixMs) => Hour(fromUnixMs);

    /// <summary>Hour after the last.</summary>
    public static int End(long toUnixMs) => toUnixMs == long.MaxValue ? int.MaxValue : Hour(toUnixMs - 1) + 1;

    private static int Hour(long unixMs) => (int)Math.Clamp(Math.DivRem(unixMs, MsPerHour).Quotient, 0, int.MaxValue - 1);
}
