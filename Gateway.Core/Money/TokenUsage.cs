namespace Gateway.Core.Money;

/// <summary>
/// Tokens of one answer. <see cref="Input"/> and <see cref="Output"/> are totals; the others are parts of them.
/// </summary>
/// <param name="Input">All prompt tokens, cached ones included.</param>
/// <param name="CachedInput">Part of <paramref name="Input"/> that the provider read from its cache.</param>
/// <param name="CacheWrite">Part of <paramref name="Input"/> that the provider wrote into its cache.</param>
/// <param name="Output">All generated tokens, reasoning included.</param>
/// <param name="Reasoning">Part of <paramref name="Output"/> that the client does not see as text.</param>
public readonly record struct TokenUsage(long Input, long CachedInput, long CacheWrite, long Output, long Reasoning)
{
    /// <summary>Part of <see cref="Input"/> that is sound.</summary>
    public long AudioInput { get; init; }

    /// <summary>Part of <see cref="Output"/> that is sound.</summary>
    public long AudioOutput { get; init; }

    /// <summary>More tokens than any answer has. A server that says more (a -1 without its sign) is wrong.</summary>
    public const long Most = 1_000_000_000;

    /// <summary>The same counts, none of them above <see cref="Most"/>.</summary>
    public TokenUsage Capped() => new(Math.Min(Input, Most), Math.Min(CachedInput, Most), Math.Min(CacheWrite, Most), Math.Min(Output, Most), Math.Min(Reasoning, Most))
    {
        AudioInput = Math.Min(AudioInput, Most),
        AudioOutput = Math.Min(AudioOutput, Most),
    };

    /// <summary>The counts of both. One that does not fit stands at the greatest number, never wrapped around.</summary>
    public static TokenUsage operator +(in TokenUsage left, in TokenUsage right) => new(
        Sum(left.Input, right.Input), Sum(left.CachedInput, right.CachedInput), Sum(left.CacheWrite, right.CacheWrite), Sum(left.Output, right.Output), Sum(left.Reasoning, right.Reasoning))
    {
        AudioInput = Sum(left.AudioInput, right.AudioInput),
        AudioOutput = Sum(left.AudioOutput, right.AudioOutput),
    };

    private static long Sum(long left, long right) => (long)Int128.Clamp((Int128)left + right, long.MinValue, long.MaxValue);
}

/// <summary>Price of a deployment in nano-USD per 1,000,000 tokens: exact for every price with at most nine decimals.</summary>
/// <param name="Input">Price of input tokens that are neither read from nor written to a cache.</param>
/// <param name="CachedInput">Price of input read from the provider's cache.</param>
/// <param name="CacheWrite">Price of input written to the provider's cache.</param>
/// <param name="Output">Price of output tokens.</param>
/// <remarks>Each token is of one class: what is sound, cached, written to a cache or reasoning is not plain, too.</remarks>
public sealed record TokenPrice(long Input, long CachedInput, long CacheWrite, long Output)
{
    private const long TokensPerUnit = 1_000_000;

    /// <summary>Nano-USD in one USD.</summary>
    public const long NanoPerUsd = 1_000_000_000;

    /// <summary>Price of output that the client does not see as text; null for <see cref="Output"/>.</summary>
    public long? Reasoning { get; init; }

    /// <summary>Price of input that is sound and not cached; null for <see cref="Input"/>.</summary>
    public long? AudioInput { get; init; }

    /// <summary>Price of output that is sound; null for <see cref="Output"/>.</summary>
    public long? AudioOutput { get; init; }

    /// <summary>
    /// Cost in nano-USD. The classes are summed exactly and rounded once, half up. Counts above <see cref="TokenUsage.Most"/> cost
    /// what that many cost, which is also what the journal writes of them, marked as estimated.
    /// </summary>
    /// <returns>Never negative, never wrapped around: a cost that does not fit (about nine billion USD) is the greatest number.</returns>
    /// <remarks>Does not throw: a server's wild number must not cost the record of a request.</remarks>
    public long Cost(in TokenUsage usage)
    {
        var counts = usage.Capped();

        // A provider whose parts are more than the whole must not make the rest negative: the dearer parts go first, as it names them.
        var uncached = Math.Max(0, counts.Input - counts.CachedInput - counts.CacheWrite);
        var audioInput = Math.Min(counts.AudioInput, uncached);
        var reasoning = Math.Min(counts.Reasoning, counts.Output);
        var audioOutput = Math.Min(counts.AudioOutput, counts.Output - reasoning);
        var sum = ((Int128)(uncached - audioInput) * Input) + ((Int128)audioInput * (AudioInput ?? Input))
                + ((Int128)counts.CachedInput * CachedInput) + ((Int128)counts.CacheWrite * CacheWrite)
                + ((Int128)(counts.Output - reasoning - audioOutput) * Output) + ((Int128)reasoning * (Reasoning ?? Output)) + ((Int128)audioOutput * (AudioOutput ?? Output));
        return (long)Int128.Clamp((sum + (TokensPerUnit / 2)) / TokensPerUnit, 0, long.MaxValue);
    }
}
