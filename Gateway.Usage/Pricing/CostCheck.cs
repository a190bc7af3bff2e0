using Gateway.Core.Journal;

namespace Gateway.Usage.Pricing;

/// <summary>What is wrong with the numbers of a record; the ledger takes none that is.</summary>
internal static class CostCheck
{
    /// <summary>More tokens than any request has: a number out of range must not drown a sum.</summary>
    private const long MaxTokens = 1L << 40;
    private const long MaxUnixMs = 253_402_300_799_999;    // the end of the year 9999

    /// <returns>Null when the record can be counted.</returns>
    public static string? Refuse(UsageFinal final)
    {
        var usage = final.Usage;
        return !IsCount(usage.Input) || !IsCount(usage.CachedInput) || !IsCount(usage.CacheWrite) || !IsCount(usage.Output) || !IsCount(usage.Reasoning)
            || !IsCount(usage.AudioInput) || !IsCount(usage.AudioOutput) ? "a token count is out of range"
            : final.CostNanoUsd < 0 ? "its cost is negative"
            : final.Intent.TimeUnixMs is < 0 or > MaxUnixMs ? "its time is out of range"
            : null;
    }

    /// <summary>Whether the cost is what the record's own price makes of its tokens. A difference is an alarm, never a correction.</summary>
    public static bool IsPriced(UsageFinal final) => final.CostNanoUsd == (final.Intent.Price?.Cost(final.Usage) ?? 0);

    private static bool IsCount(long tokens) => tokens is >= 0 and <= MaxTokens;
}
