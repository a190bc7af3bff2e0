using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Reports;

/// <summary>Dimensions as reports write them: names of groups, of filters and of members.</summary>
internal static class ReportDimensions
{
    private static readonly FrozenDictionary<string, UsageDimension> ByName =
        Enum.GetValues<UsageDimension>().ToFrozenDictionary(static value => value.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    private static readonly JsonEncodedText[] Members = [.. Enum.GetValues<UsageDimension>().Select(static value => JsonEncodedText.Encode(NameOf(value)))];

    // What UsageGrouping.StatusOf makes of every status that HTTP has.
    private static readonly string[] Statuses = ["1xx", "2xx", "3xx", "4xx", "5xx", "unknown"];

    /// <summary>All, in the order in which they are documented.</summary>
    public static string[] Names { get; } = [.. Enum.GetValues<UsageDimension>().Select(NameOf)];

    /// <summary>Those that requests can be chosen by; spans of time are said by <c>from</c> and <c>to</c>.</summary>
    public static UsageDimension[] Filters { get; } =
        [.. Enum.GetValues<UsageDimension>().Where(static value => value is not (UsageDimension.Hour or UsageDimension.Day or UsageDimension.Month))];

    public static string NameOf(UsageDimension dimension) => dimension.ToString().ToLowerInvariant();

    public static JsonEncodedText MemberOf(UsageDimension dimension) => Members[(int)dimension];

    /// <summary>Reads <c>group=key,model</c>.</summary>
    /// <exception cref="GatewayException">It names something else.</exception>
    public static List<UsageDimension> ReadGroups(string? text)
    {
        var groups = new List<UsageDimension>();
        foreach (var name in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!ByName.TryGetValue(name, out var dimension))
            {
                throw ReportParameters.Bad("group", $"'group' names '{ReportParameters.Shown(name)}'.{ReportParameters.Hint(name, Names)} It may list: {string.Join(", ", Names)}.");
            }

            if (!groups.Contains(dimension))
            {
                groups.Add(dimension);
            }
        }

        return groups;
    }

    /// <summary>Reads <c>key=a,b&amp;status=5xx</c>. Null when there is none.</summary>
    /// <exception cref="GatewayException">A value that none can have.</exception>
    public static List<UsageFilter>? ReadFilters(ReportParameters parameters)
    {
        List<UsageFilter>? filters = null;
        foreach (var dimension in Filters)
        {
            var name = NameOf(dimension);
            if (parameters.Values(name) is not { Count: > 0 } values)
            {
                continue;
            }

            if (dimension is UsageDimension.Status && values.FirstOrDefault(static value => !Statuses.Contains(value, StringComparer.Ordinal)) is { } wrong)
            {
                throw ReportParameters.Bad(name, $"'{name}' is '{ReportParameters.Shown(wrong)}'.{ReportParameters.Hint(wrong, Statuses)} It may be: {string.Join(", ", Statuses)}.");
            }

            (filters ??= []).Add(new UsageFilter(dimension, values));
        }

        return filters;
    }
}
