using Gateway.Core.Journal;

namespace Gateway.Usage.Reports;

/// <summary>Writes requests of the ledger as lines of CSV: the members of a row but its attempts, which are counted. Several tags are one text with <c>;</c> between them.</summary>
internal static class RequestCsv
{
    private static readonly string[] Names =
    [
        "id", "time", "key", "team", "user", "organisation", "owner", "operation", "model", "answered_model", "deployment", "status", "ending", "stream",
        "input_tokens", "cached_tokens", "cache_write_tokens", "cache_write_1h_tokens", "output_tokens", "reasoning_tokens", "audio_input_tokens", "audio_output_tokens", "cost_nano_usd", "cost_usd",
        "estimated", "incomplete", "unpriced", "price_version", "service_tier", "tags", "duration_ms", "ttft_ms", "attempt_count",
    ];

    public static void WriteNames(CsvWriter csv) => csv.Names(Names);

    /// <param name="costNanoUsd">What it costs by now.</param>
    public static void WriteRow(CsvWriter csv, UsageFinal final, long costNanoUsd)
    {
        var intent = final.Intent;
        var flags = final.Flags | intent.Flags;
        csv.Id(intent.RequestId);
        csv.Time(intent.TimeUnixMs);
        csv.Text(intent.KeyId);
        csv.Text(intent.Team);
        csv.Text(intent.User);
        csv.Text(intent.Organisation);
        csv.Text(intent.Owner);
        csv.Text(RequestWords.Of(intent.Operation));
        csv.Text(intent.RequestedModel);
        csv.Text(final.AnsweredModel);
        csv.Text(intent.Deployment);
        csv.Number(final.Status);
        csv.Text(RequestWords.Of(final.Ending));
        csv.Flag(intent.Stream);
        csv.Number(final.Usage.Input);
        csv.Number(final.Usage.CachedInput);
        csv.Number(final.Usage.CacheWrite);
        csv.Number(final.Usage.CacheWrite1h);
        csv.Number(final.Usage.Output);
        csv.Number(final.Usage.Reasoning);
        csv.Number(final.Usage.AudioInput);
        csv.Number(final.Usage.AudioOutput);
        csv.Number(costNanoUsd);
        csv.Usd(costNanoUsd);
        csv.Flag((flags & UsageFlags.Estimated) != 0);
        csv.Flag((flags & UsageFlags.Incomplete) != 0);
        csv.Flag((flags & UsageFlags.Unpriced) != 0);
        csv.Text(intent.PriceVersion);
        csv.Text(final.ServiceTier);
        csv.Text(intent.Tags.Count switch { 0 => "", 1 => intent.Tags[0], _ => string.Join(';', intent.Tags) });
        csv.Number(final.DurationMs);
        csv.Number(final.TimeToFirstTokenMs);
        csv.Number(final.Attempts);
        csv.EndLine();
    }
}
