using System.Globalization;
using Gateway.Core.Capture;

namespace Gateway.Usage.Content;

/// <summary>Which day a content belongs to. Days are of UTC.</summary>
internal static class ContentDays
{
    public const string Format = "yyyyMMdd";

    public static DateOnly Of(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime);

    /// <summary>By the Router's clock, as long as that is near ours: a day far off would never be deleted, or at once.</summary>
    public static DateOnly Of(in ContentHead head, DateTimeOffset now)
    {
        var today = now.ToUnixTimeMilliseconds() / TimeSpan.MillisecondsPerDay;
        var day = head.TimeUnixMs / TimeSpan.MillisecondsPerDay;
        return DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays((int)(Math.Abs(day - today) <= 1 ? day : today));
    }

    /// <summary>When a request came, by its id; null for an id that does not say it.</summary>
    public static DateTimeOffset? TimeOf(Guid requestId)
    {
        Span<byte> bytes = stackalloc byte[16];
        requestId.TryWriteBytes(bytes, bigEndian: true, out _);
        if (requestId.Version != 7)
        {
            return null;
        }

        var ms = 0L;
        foreach (var part in bytes[..6])
        {
            ms = (ms << 8) | part;
        }

        return ms <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
    }

    /// <summary>Those first that are nearest to the day of the request.</summary>
    public static IEnumerable<DateOnly> Nearest(IEnumerable<DateOnly> days, Guid requestId) =>
        TimeOf(requestId) is { } time ? days.OrderBy(day => Math.Abs(day.DayNumber - Of(time).DayNumber)) : days.OrderDescending();

    public static string Write(DateOnly day) => day.ToString(Format, CultureInfo.InvariantCulture);

    public static bool TryRead(ReadOnlySpan<char> text, out DateOnly day) => DateOnly.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out day);
}
