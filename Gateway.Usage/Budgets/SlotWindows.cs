using System.Globalization;
using Gateway.Core.Admission.Shared;

namespace Gateway.Usage.Budgets;

/// <summary>What the id of a slot tells: whose it is, and when nobody asks for it any more. The inverse of <see cref="BudgetClock"/>.</summary>
internal static class SlotWindows
{
    // The last places of the earth to see midnight.
    private static readonly TimeSpan WesternmostZone = TimeSpan.FromHours(12);

    /// <summary><c>key:demo</c> and <c>day:2026-11-21@UTC</c> of <c>key:demo|day:2026-11-21@UTC</c>.</summary>
    public static (string Scope, string Window) Split(string id)
    {
        var bar = id.LastIndexOf('|');
        return bar < 0 ? (id, "") : (id[..bar], id[(bar + 1)..]);
    }

    /// <summary>When the slot no longer counts in any window, at most a day too late; null for never, and for an id that is not understood.</summary>
    public static DateTimeOffset? EndOf(BudgetSlot slot)
    {
        var window = slot.Id.AsSpan(slot.Id.LastIndexOf('|') + 1);
        var colon = window.IndexOf(':');
        if (colon < 0)
        {
            return null;
        }

        var kind = window[..colon];
        var rest = window[(colon + 1)..];
        if (kind.SequenceEqual("rolling"))
        {
            return RollingEnd(rest, slot.Slot);
        }

        var at = rest.IndexOf('@');
        if (at < 0 || !DateTime.TryParseExact(rest[..at], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var start) || start.Year > 9990)
        {
            return null;
        }

        DateTime? end = kind switch
        {
            "day" => start.AddDays(1),
            "week" => start.AddDays(7),
            "month" => start.AddMonths(1),
            _ => null,
        };
        return end is null ? null : new DateTimeOffset(end.Value, TimeSpan.Zero) + WesternmostZone;
    }

    private static DateTimeOffset? RollingEnd(ReadOnlySpan<char> seconds, long slot)
    {
        if (!long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length is <= 0 or > int.MaxValue || slot < 0)
        {
            return null;
        }

        var end = ((Int128)slot + 1 + BudgetClock.RollingSlots) * (length * TimeSpan.TicksPerSecond / BudgetClock.RollingSlots);
        return end <= DateTimeOffset.MaxValue.Ticks ? new DateTimeOffset((long)end, TimeSpan.Zero) : null;
    }
}
