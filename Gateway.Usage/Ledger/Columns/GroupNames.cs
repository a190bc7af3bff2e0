using System.Globalization;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>Groups as reports show them, from the numbers that they have in rows. Stateless.</summary>
internal static class GroupNames
{
    public static string Of(UsageDimension dimension, int code, NameTable names) => dimension switch
    {
        UsageDimension.Key or UsageDimension.User or UsageDimension.Team or UsageDimension.Organisation or UsageDimension.Model or UsageDimension.Deployment or UsageDimension.Provider or UsageDimension.Tag
            => names[code],
        UsageDimension.Status => Status(code),
        UsageDimension.Hour => Time(dimension, code),
        UsageDimension.Day => Time(dimension, code * 24L),
        UsageDimension.Month => string.Create(CultureInfo.InvariantCulture, $"{code / 12:D4}-{(code % 12) + 1:D2}"),
    };

    public static string Status(int hundreds) => UsageGrouping.StatusOf(hundreds * 100);

    /// <param name="dimension">Hour, day or month.</param>
    /// <param name="hour">In hours since 1970 UTC.</param>
    public static string Time(UsageDimension dimension, long hour) => DateTimeOffset.UnixEpoch.AddHours(hour).ToString(
        dimension switch { UsageDimension.Hour => "yyyy-MM-ddTHH", UsageDimension.Day => "yyyy-MM-dd", _ => "yyyy-MM" }, CultureInfo.InvariantCulture);
}
