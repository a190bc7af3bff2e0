using System.Globalization;

namespace Gateway.Usage.Reports;

/// <summary>Points in time as reports write them: UTC with milliseconds.</summary>
internal static class TimeText
{
    public const int MaxBytes = 32;

    private const string Format = "yyyy-MM-ddTHH:mm:ss.fffZ";

    // A record of a wild clock must not break the report over all others.
    private static readonly long Last = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
    private static readonly long First = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();

    /// <returns>Bytes written.</returns>
    public static int Write(long unixMs, Span<byte> destination)
    {
        _ = At(unixMs).TryFormat(destination, out var written, Format, CultureInfo.InvariantCulture);
        return written;
    }

    public static string Of(long unixMs) => At(unixMs).ToString(Format, CultureInfo.InvariantCulture);

    private static DateTimeOffset At(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(unixMs, First, Last));
}
