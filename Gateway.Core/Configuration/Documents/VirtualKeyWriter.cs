using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Writes a key as its settings say it. What has its default is left out: some members may not stand beside others, whatever they say.</summary>
internal static class VirtualKeyWriter
{
    public static void Write(Utf8JsonWriter writer, VirtualKeyConfig key)
    {
        writer.WriteString("id", key.Id);
        Write(writer, "team", key.Team);
        Write(writer, "user", key.User);
        Write(writer, "organisation", key.Organisation);
        if (key.Disabled)
        {
            writer.WriteBoolean("disabled", true);
        }

        if (key.Expires is { } expires)
        {
            writer.WriteString("expires", Date(expires));
        }

        Write(writer, "models", key.Models);
        Write(writer, "providers", key.Providers);
        if (key.Priority != RequestPriority.Default)
        {
            writer.WriteString("priority", key.Priority == RequestPriority.Batch ? "batch" : "interactive");
        }

        if (key.Weight != 1)
        {
            writer.WriteNumber("weight", key.Weight);
        }

        Write(writer, "requires", key.Requires);
        if (!key.MaySteer)
        {
            writer.WriteBoolean("may_steer", false);
        }

        if (key.Addresses.Count > 0)
        {
            Write(writer, "addresses", key.Addresses);
        }

        Write(writer, "labels", key.Labels);
        Write(writer, "moderation", key.Moderation);
        Write(writer, "capture", key.Capture?.Word());
        WriteLimits(writer, key.Limits);
        WriteBudgets(writer, key.Budgets);
    }

    private static void WriteLimits(Utf8JsonWriter writer, ClientLimits limits)
    {
        if (limits.IsEmpty)
        {
            return;
        }

        writer.WriteStartObject("limits");
        WriteMeasures(writer, limits);
        if (limits.Shadow)
        {
            writer.WriteBoolean("shadow", true);
        }

        if (limits.Models.Count > 0)
        {
            writer.WriteStartObject("models");
            foreach (var (pattern, measures) in limits.Models)
            {
                writer.WriteStartObject(pattern);
                WriteMeasures(writer, measures);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteMeasures(Utf8JsonWriter writer, ClientLimits limits)
    {
        foreach (var (name, unit, window) in LimitBuilder.Rates)
        {
            if (limits.Rates.FirstOrDefault(rate => rate.Unit == unit && rate.Window == window) is { } rate)
            {
                writer.WriteNumber(name, rate.Limit);
            }
        }

        if (limits.Concurrency is { } concurrency)
        {
            writer.WriteNumber("concurrency", concurrency);
        }

        foreach (var (name, window) in LimitBuilder.Sessions)
        {
            if (limits.Sessions.FirstOrDefault(session => session.Window == window) is { } session)
            {
                writer.WriteNumber(name, session.Limit);
            }
        }

        if (limits.Burst is { } burst)
        {
            writer.WriteString("burst", Units.Write(burst));
        }
    }

    private static void WriteBudgets(Utf8JsonWriter writer, IReadOnlyList<BudgetConfig> budgets)
    {
        if (budgets.Count == 1)
        {
            writer.WriteStartObject("budget");
            WriteBudget(writer, budgets[0]);
        }
        else if (budgets.Count > 1)
        {
            writer.WriteStartArray("budgets");
            foreach (var budget in budgets)
            {
                writer.WriteStartObject();
                WriteBudget(writer, budget);
            }

            writer.WriteEndArray();
        }
    }

    /// <summary>Members of an object that has begun, and its end.</summary>
    private static void WriteBudget(Utf8JsonWriter writer, BudgetConfig budget)
    {
        writer.WriteNumber("usd", Usd(budget.LimitNanoUsd));
        writer.WriteString("window", budget.Window switch
        {
            BudgetWindow.Day => "day",
            BudgetWindow.Week => "week",
            BudgetWindow.Month => "month",
            BudgetWindow.Rolling => "rolling",
            BudgetWindow.Lifetime => "lifetime",
        });
        if (budget.Window == BudgetWindow.Rolling)
        {
            writer.WriteString("length", Units.Write(budget.Length));
        }
        else if (budget.Window != BudgetWindow.Lifetime)
        {
            writer.WriteString("time_zone", budget.TimeZone.Id);
        }

        writer.WriteString("mode", budget.Hard ? "hard" : "soft");
        if (budget.RaiseUntil is { } until)
        {
            writer.WriteStartObject("raise");
            writer.WriteNumber("usd", Usd(budget.RaiseNanoUsd));
            writer.WriteString("until", Date(until));
            writer.WriteEndObject();
        }

        if (budget.Alerts.Count > 0)
        {
            writer.WriteStartArray("alerts");
            foreach (var percent in budget.Alerts)
            {
                writer.WriteNumberValue(percent);
            }

            writer.WriteEndArray();
        }

        Write(writer, "webhook", budget.Webhook?.OriginalString);
        Write(writer, "fallback", budget.FallbackModel);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, string name, FrozenDictionary<string, string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        writer.WriteStartObject(name);
        foreach (var (key, value) in values.OrderBy(static entry => entry.Key, StringComparer.Ordinal))
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }

    // Division alone may leave zeros behind the point.
    private static decimal Usd(long nanoUsd) => decimal.Parse(Units.WriteUsd(nanoUsd), CultureInfo.InvariantCulture);

    private static string Date(DateTimeOffset date) => date.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture);
}
