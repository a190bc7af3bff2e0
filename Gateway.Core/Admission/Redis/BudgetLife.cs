using System.Globalization;
using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Admission.Redis;

/// <summary>How long the counters of a budget are kept: a day beyond its window, so that late settlements still find it. See <see cref="BudgetClock"/>. Stateless.</summary>
internal static class BudgetLife
{
    private const long DayMillis = 24L * 3600 * 1000;

    /// <summary>Local time may be so far behind UTC.</summary>
    private const long ZoneMillis = 14L * 3600 * 1000;

    /// <summary>The year 5138: scripts count exactly beyond it.</summary>
    private const long LatestMillis = 100_000_000_000_000;

    /// <returns>Unix time in milliseconds; 0 for ever.</returns>
    public static long EndMillis(BudgetSlot slot, TimeProvider time)
    {
        var window = slot.Id.AsSpan(slot.Id.LastIndexOf('|') + 1);
        if (window is "lifetime")
        {
            return 0;
        }

        var colon = window.IndexOf(':');
        if (colon > 0)
        {
            var kind = window[..colon];
            var rest = window[(colon + 1)..];
            if (kind is "rolling" && long.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            {
                // Slots are counted from the first year on.
                var last = ((Int128)slot.Slot + BudgetClock.RollingSlots + 2) * seconds * TimeSpan.TicksPerSecond / BudgetClock.RollingSlots;
                return (long)Int128.Clamp((last - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond, 1, LatestMillis) + DayMillis;
            }

            var days = kind switch { "day" => 1, "week" => 7, "month" => 31, _ => 0 };
            var at = rest.IndexOf('@');
            if (days > 0 && at > 0 && DateTime.TryParseExact(rest[..at], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var start))
            {
                return new DateTimeOffset(start).ToUnixTimeMilliseconds() + ((days + 1) * DayMillis) + ZoneMillis;
            }
        }

        // A window that this version does not know: longer than any, and not for ever.
        return time.GetUtcNow().ToUnixTimeMilliseconds() + (100 * DayMillis);
    }
}
