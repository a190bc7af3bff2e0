using Gateway.Core.Money;

namespace Gateway.Usage.Ledger;

/// <summary>
/// Running sums. One that does not fit stands at the greatest number, which nobody takes for a real one: wrapped around it would be a
/// small one, and an error would come after the record is in the ledger and keep it from ever starting again.
/// </summary>
internal sealed class UsageCounters
{
    public long Requests { get; private set; }

    public long InputTokens { get; private set; }

    public long CachedTokens { get; private set; }

    public long CacheWriteTokens { get; private set; }

    public long OutputTokens { get; private set; }

    public long ReasoningTokens { get; private set; }

    public long AudioInputTokens { get; private set; }

    public long AudioOutputTokens { get; private set; }

    public long CostNanoUsd { get; private set; }

    public void AddRequest() => AddRequests(1);

    /// <summary>For stores that add up many at once.</summary>
    public void AddRequests(long requests) => Requests = Sum(Requests, requests);

    public void AddCharge(in TokenUsage usage, long costNanoUsd)
    {
        InputTokens = Sum(InputTokens, usage.Input);
        CachedTokens = Sum(CachedTokens, usage.CachedInput);
        CacheWriteTokens = Sum(CacheWriteTokens, usage.CacheWrite);
        OutputTokens = Sum(OutputTokens, usage.Output);
        ReasoningTokens = Sum(ReasoningTokens, usage.Reasoning);
        AudioInputTokens = Sum(AudioInputTokens, usage.AudioInput);
        AudioOutputTokens = Sum(AudioOutputTokens, usage.AudioOutput);
        CostNanoUsd = Sum(CostNanoUsd, costNanoUsd);
    }

    public void Add(UsageCounters other)
    {
        Requests = Sum(Requests, other.Requests);
        InputTokens = Sum(InputTokens, other.InputTokens);
        CachedTokens = Sum(CachedTokens, other.CachedTokens);
        CacheWriteTokens = Sum(CacheWriteTokens, other.CacheWriteTokens);
        OutputTokens = Sum(OutputTokens, other.OutputTokens);
        ReasoningTokens = Sum(ReasoningTokens, other.ReasoningTokens);
        AudioInputTokens = Sum(AudioInputTokens, other.AudioInputTokens);
        AudioOutputTokens = Sum(AudioOutputTokens, other.AudioOutputTokens);
        CostNanoUsd = Sum(CostNanoUsd, other.CostNanoUsd);
    }

    private static long Sum(long sum, long more) => (long)Int128.Clamp((Int128)sum + more, long.MinValue, long.MaxValue);
}
