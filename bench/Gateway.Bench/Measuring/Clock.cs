using System.Diagnostics;

namespace Gateway.Bench.Measuring;

/// <summary>CLOCK_MONOTONIC in nanoseconds: the same in every process of a machine, so a token may carry it.</summary>
internal static class Clock
{
    public const long Second = 1_000_000_000;
    public const long Millisecond = 1_000_000;

    public static long Now => Stopwatch.GetTimestamp();

    /// <summary>The figures assume that a tick is a nanosecond, which holds on Linux.</summary>
    public static void RequireNanoseconds()
    {
        if (Stopwatch.Frequency != Second || !OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("The bench runs on Linux only.");
        }
    }
}
