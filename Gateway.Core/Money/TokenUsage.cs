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
    /// <summary>Part of <see cref="CacheWrite"/> that the provider keeps for an hour instead of minutes, which Anthropic charges more for.</summary>
    public long CacheWrite1h { get; init; }

    /// <summary>Part of <see cref="Input"/> that is sound.</summary>
    public long AudioInput { get; init; }

    /// <summary>Part of <see cref="Output"/> that is sound.</summary>
    public long AudioOutput { get; init; }

    /// <summary>More tokens than any answer has. A server that says more (a -1 without its sign) is wrong.</summary>
    public const long Most = 1_000_000_000;

    /// <summary>The same counts, none of them above <see cref="Most"/>.</summary>
    public TokenUsage Capped() => new(Math.Min(Input, Most), Math.Min(CachedInput, Most), Math.Min(CacheWrite, Most), Math.Min(Output, Most), Math.Min(Reasoning, Most))
    {
        CacheWrite1h = Math.Min(CacheWrite1h, Most),
        AudioInput = Math.Min(AudioInput, Most),
        AudioOutput = Math.Min(AudioOutput, Most),
    };

    /// <summary>The counts of both. One that does not fit stands at the greatest number, never wrapped around.</summary>
    public static TokenUsage operator +(in TokenUsage left, in TokenUsage right) => new(
        Sum(left.Input, right.Input), Sum(left.CachedInput, right.CachedInput), Sum(left.CacheWrite, right.CacheWrite), Sum(left.Output, right.Output), Sum(left.Reasoning, right.Reasoning))
    {
        CacheWrite1h = Sum(left.CacheWrite1h, right.CacheWrite1h),
        AudioInput = Sum(left.AudioInput, right.AudioInput),
        AudioOutput = Sum(left.AudioOutput, right.AudioOutput),
    };

    private static long Sum(long left, long right) => (long)Int128.Clamp((Int128)left + right, long.MinValue, long.MaxValue);
}
