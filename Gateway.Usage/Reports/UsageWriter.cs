using System.Text.Json;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Reports;

/// <summary>Writes sums as JSON or CSV.</summary>
internal static class UsageWriter
{
    private static readonly string[] SumNames =
    [
        "requests", "input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens", "audio_input_tokens", "audio_output_tokens", "cost_nano_usd", "cost_usd",
    ];

    /// <param name="groups">Dimensions of the values.</param>
    /// <param name="values">Null for the total, and for what is summed up of the rest.</param>
    /// <param name="isRest">Marks the group that stands for all that are not shown.</param>
    public static void WriteGroup(Utf8JsonWriter json, IReadOnlyList<UsageDimension> groups, IReadOnlyList<string>? values, UsageCounters sum, bool isRest = false)
    {
        json.WriteStartObject();
        if (isRest)
        {
            json.WriteBoolean("rest"u8, true);
        }

        for (var i = 0; i < (values?.Count ?? 0); i++)
        {
            json.WriteString(ReportDimensions.MemberOf(groups[i]), values![i]);
        }

        json.WriteNumber("requests"u8, sum.Requests);
        json.WriteNumber("input_tokens"u8, sum.InputTokens);
        json.WriteNumber("cached_tokens"u8, sum.CachedTokens);
        json.WriteNumber("cache_write_tokens"u8, sum.CacheWriteTokens);
        json.WriteNumber("output_tokens"u8, sum.OutputTokens);
        json.WriteNumber("reasoning_tokens"u8, sum.ReasoningTokens);
        json.WriteNumber("audio_input_tokens"u8, sum.AudioInputTokens);
        json.WriteNumber("audio_output_tokens"u8, sum.AudioOutputTokens);
        json.WriteNumber("cost_nano_usd"u8, sum.CostNanoUsd);
        RequestJson.WriteUsd(json, "cost_usd"u8, sum.CostNanoUsd);
        json.WriteEndObject();
    }

    public static void WriteNames(CsvWriter csv, UsageReport report) =>
        csv.Names([.. report.Rest ? ["rest"] : Array.Empty<string>(), .. report.Query.Groups.Select(ReportDimensions.NameOf), .. SumNames]);

    /// <inheritdoc cref="WriteGroup"/>
    public static void WriteLine(CsvWriter csv, UsageReport report, IReadOnlyList<string>? values, UsageCounters sum, bool isRest = false)
    {
        if (report.Rest)
        {
            csv.Flag(isRest);
        }

        for (var i = 0; i < report.Query.Groups.Count; i++)
        {
            csv.Text(values is null ? "" : values[i]);
        }

        csv.Number(sum.Requests);
        csv.Number(sum.InputTokens);
        csv.Number(sum.CachedTokens);
        csv.Number(sum.CacheWriteTokens);
        csv.Number(sum.OutputTokens);
        csv.Number(sum.ReasoningTokens);
        csv.Number(sum.AudioInputTokens);
        csv.Number(sum.AudioOutputTokens);
        csv.Number(sum.CostNanoUsd);
        csv.Usd(sum.CostNanoUsd);
        csv.EndLine();
    }
}
