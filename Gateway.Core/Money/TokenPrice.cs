namespace Gateway.Core.Money;

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

    /// <summary>Price of input that the provider keeps in its cache for an hour; null for <see cref="CacheWrite"/>.</summary>
    public long? CacheWrite1h { get; init; }

    /// <summary>Price of input that is sound and not cached; null for <see cref="Input"/>.</summary>
    public long? AudioInput { get; init; }

    /// <summary>Price of output that is sound; null for <see cref="Output"/>.</summary>
    public long? AudioOutput { get; init; }

    /// <summary>Dearest price of a token of the input, whatever its class.</summary>
    public long DearestInput => Math.Max(Math.Max(Input, CachedInput), Math.Max(Math.Max(CacheWrite, CacheWrite1h ?? 0), AudioInput ?? 0));

    /// <summary>Dearest price of a token of the output, whatever its class.</summary>
    public long DearestOutput => Math.Max(Output, Math.Max(Reasoning ?? 0, AudioOutput ?? 0));

    /// <summary>The dearer one of each class: no usage costs more at either of the two.</summary>
    public TokenPrice Or(TokenPrice other) => new(Math.Max(Input, other.Input), Math.Max(CachedInput, other.CachedInput), Math.Max(CacheWrite, other.CacheWrite), Math.Max(Output, other.Output))
    {
        CacheWrite1h = Dearer(CacheWrite1h, CacheWrite, other.CacheWrite1h, other.CacheWrite),
        Reasoning = Dearer(Reasoning, Output, other.Reasoning, other.Output),
        AudioInput = Dearer(AudioInput, Input, other.AudioInput, other.Input),
        AudioOutput = Dearer(AudioOutput, Output, other.AudioOutput, other.Output),
    };

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
        var hourWrite = Math.Min(counts.CacheWrite1h, counts.CacheWrite);
        var reasoning = Math.Min(counts.Reasoning, counts.Output);
        var audioOutput = Math.Min(counts.AudioOutput, counts.Output - reasoning);
        var sum = ((Int128)(uncached - audioInput) * Input) + ((Int128)audioInput * (AudioInput ?? Input))
                + ((Int128)counts.CachedInput * CachedInput) + ((Int128)(counts.CacheWrite - hourWrite) * CacheWrite) + ((Int128)hourWrite * (CacheWrite1h ?? CacheWrite))
                + ((Int128)(counts.Output - reasoning - audioOutput) * Output) + ((Int128)reasoning * (Reasoning ?? Output)) + ((Int128)audioOutput * (AudioOutput ?? Output));
        return (long)Int128.Clamp((sum + (TokensPerUnit / 2)) / TokensPerUnit, 0, long.MaxValue);
    }

    private static long? Dearer(long? own, long usual, long? other, long otherUsual) => own is null && other is null ? null : Math.Max(own ?? usual, other ?? otherUsual);
}
