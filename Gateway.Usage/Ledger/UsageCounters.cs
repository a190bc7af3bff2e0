using Gateway.Core.Journal;

namespace Gateway.Usage.Ledger;

/// <summary>Running sums. Checked: a sum that does not fit is an error, not a small number.</summary>
internal sealed class UsageCounters
{
    public long Requests { get; private set; }

    public long InputTokens { get; private set; }

    public long CachedTokens { get; private set; }

    public long CacheWriteTokens { get; private set; }

    public long OutputTokens { get; private set; }

    public long ReasoningTokens { get; private set; }

    public long CostNanoUsd { get; private set; }

    public void Add(UsageFinal final)
    {
        checked
        {
            Requests++;
            InputTokens += final.Usage.Input;
            CachedTokens += final.Usage.CachedInput;
            CacheWriteTokens += final.Usage.CacheWrite;
            OutputTokens += final.Usage.Output;
            ReasoningTokens += final.Usage.Reasoning;
            CostNanoUsd += final.CostNanoUsd;
        }
    }

    public void Add(UsageCounters other)
    {
        checked
        {
            Requests += other.Requests;
            InputTokens += other.InputTokens;
            CachedTokens += other.CachedTokens;
            CacheWriteTokens += other.CacheWriteTokens;
            OutputTokens += other.OutputTokens;
            ReasoningTokens += other.ReasoningTokens;
            CostNanoUsd += other.CostNanoUsd;
        }
    }
}
