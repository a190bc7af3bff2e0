using System.Globalization;
using System.Text;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>Dimensions as expressions over a request's or a charge's columns, and filters as conditions. What comes from outside is always a value.</summary>
internal static class LedgerFilters
{
    private const string HourText = """to_char(to_timestamp(hour::float8 * 3600) at time zone 'UTC', 'YYYY-MM-DD"T"HH24')""";

    /// <summary>The text that <see cref="UsageDimension"/> shows; for <see cref="UsageDimension.Tag"/> the column of a row for each.</summary>
    public static string Expression(UsageDimension dimension) => dimension switch
    {
        UsageDimension.Key => "key_id",
        UsageDimension.User => "user_id",
        UsageDimension.Team => "team",
        UsageDimension.Organisation => "organisation",
        UsageDimension.Model => "model",
        UsageDimension.Deployment => "deployment",
        UsageDimension.Provider => "case when strpos(deployment, '/') > 1 then split_part(deployment, '/', 1) else deployment end",
        UsageDimension.Tag => "tag",
        UsageDimension.Status => "case when status_class = 0 then 'unknown' else status_class::text || 'xx' end",
        UsageDimension.Hour => HourText,
        UsageDimension.Day => $"left({HourText}, 10)",
        UsageDimension.Month => $"left({HourText}, 7)",
    };

    /// <summary>Adds <c>and ...</c> for each filter.</summary>
    public static void Append(StringBuilder sql, List<object> values, IReadOnlyList<UsageFilter>? filters)
    {
        foreach (var filter in filters ?? [])
        {
            values.Add(LedgerSql.Texts(filter.Values));
            var number = values.Count;
            if (filter.Dimension is UsageDimension.Tag)
            {
                sql.Append(CultureInfo.InvariantCulture, $" and (tags && ${number} or (cardinality(tags) = 0 and '' = any(${number})))");
            }
            else
            {
                sql.Append(CultureInfo.InvariantCulture, $" and {Expression(filter.Dimension)} = any(${number})");
            }
        }
    }
}
