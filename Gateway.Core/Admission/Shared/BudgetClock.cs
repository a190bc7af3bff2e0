using System.Globalization;
using Gateway.Core.Configuration;

namespace Gateway.Core.Admission.Shared;

/// <summary>Which window of a budget an instant falls in. The same on every Edge, so that all of them book in the same place.</summary>
public static class BudgetClock
{
    /// <summary>Parts of a rolling window. One more counts, so that nothing is forgotten before it is old enough.</summary>
    public const int RollingSlots = 24;

    /// <summary>What a request at <paramref name="now"/> is charged to.</summary>
    /// <param name="scope">Whose budget, <c>key:demo</c>.</param>
    public static BudgetCharge ChargeAt(string scope, BudgetConfig budget, DateTimeOffset now)
    {
        switch (budget.Window)
        {
            case BudgetWindow.Lifetime:
                return new BudgetCharge(new BudgetSlot(scope + "|lifetime", 0), 1, budget.LimitAt(now), budget.Hard, null);
            case BudgetWindow.Rolling:
                var length = budget.Length.Ticks / RollingSlots;
                var slot = now.UtcTicks / length;
                var id = string.Create(CultureInfo.InvariantCulture, $"{scope}|rolling:{budget.Length.TotalSeconds:0}");
                return new BudgetCharge(new BudgetSlot(id, slot), RollingSlots + 1, budget.LimitAt(now), budget.Hard, new DateTimeOffset((slot + 1) * length, TimeSpan.Zero));
            default:
                var (name, start, end) = CalendarWindow(budget, now);
                var window = string.Create(CultureInfo.InvariantCulture, $"{scope}|{name}:{start:yyyy-MM-dd}@{budget.TimeZone.Id}");
                return new BudgetCharge(new BudgetSlot(window, 0), 1, budget.LimitAt(now), budget.Hard, Instant(end, budget.TimeZone));
        }
    }

    private static (string Name, DateTime Start, DateTime End) CalendarWindow(BudgetConfig budget, DateTimeOffset now)
    {
        var today = TimeZoneInfo.ConvertTime(now, budget.TimeZone).Date;
        switch (budget.Window)
        {
            case BudgetWindow.Day:
                return ("day", today, today.AddDays(1));
            case BudgetWindow.Week:
                var monday = today.AddDays(-(((int)today.DayOfWeek + 6) % 7));
                return ("week", monday, monday.AddDays(7));
            default:
                var first = new DateTime(today.Year, today.Month, 1);
                return ("month", first, first.AddMonths(1));
        }
    }

    // Midnight that does not exist (clocks put forward) begins with the first minute that does.
    private static DateTimeOffset Instant(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }

        return new DateTimeOffset(local, zone.GetUtcOffset(local));
    }
}
