using Gateway.Core.Journal;
using Gateway.Core.Money;

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
        if (!AreCounts(final.Usage))
        {
            return "a token count is out of range";
        }

        if (final.CostNanoUsd < 0)
        {
            return "its cost is negative";
        }

        for (var i = 0; i < final.AttemptRecords.Count; i++)
        {
            if (!AreCounts(final.AttemptRecords[i].Usage))
            {
                return "a token count of an attempt is out of range";
            }

            if (final.AttemptRecords[i].CostNanoUsd < 0)
            {
                return "the cost of an attempt is negative";
            }
        }

        return final.Intent.TimeUnixMs is < 0 or > MaxUnixMs ? "its time is out of range" : null;
    }

    /// <summary>Whether the cost is what the record's own price makes of its tokens. A difference is an alarm, never a correction.</summary>
    /// <remarks>Of several attempts the one that answered: the prices of the others, also at the same deployment in another tier or with a longer input, stand in no record.</remarks>
    public static bool IsPriced(UsageFinal final)
    {
        var intent = final.Intent;
        if (final.AttemptRecords.Count == 0)
        {
            return IsPriced(intent, final.Usage, final.CostNanoUsd);
        }

        for (var i = 0; i < final.AttemptRecords.Count; i++)
        {
            var attempt = final.AttemptRecords[i];
            if (attempt.Number == intent.Attempt && attempt.Deployment == intent.Deployment && !IsPriced(intent, attempt.Usage, attempt.CostNanoUsd))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the attempts are charged for what the request is charged for, no more and no less.</summary>
    public static bool AddsUp(UsageFinal final)
    {
        var usage = default(TokenUsage);
        Int128 cost = 0;
        for (var i = 0; i < final.AttemptRecords.Count; i++)
        {
            usage += final.AttemptRecords[i].Usage;
            cost += final.AttemptRecords[i].CostNanoUsd;
        }

        return usage == final.Usage && cost == final.CostNanoUsd;
    }

    private static bool IsPriced(UsageIntent intent, in TokenUsage usage, long costNanoUsd) => costNanoUsd == (intent.Price?.Cost(usage) ?? 0);

    private static bool AreCounts(in TokenUsage usage) =>
        IsCount(usage.Input) && IsCount(usage.CachedInput) && IsCount(usage.CacheWrite) && IsCount(usage.Output) && IsCount(usage.Reasoning)
        && IsCount(usage.CacheWrite1h) && IsCount(usage.AudioInput) && IsCount(usage.AudioOutput);

    private static bool IsCount(long tokens) => tokens is >= 0 and <= MaxTokens;
}
