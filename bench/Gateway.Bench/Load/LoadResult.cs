using Gateway.Bench.Measuring;

namespace Gateway.Bench.Load;

/// <summary>What the generator saw in one run.</summary>
internal sealed class LoadResult
{
    public long Issued { get; set; }

    public long Completed { get; set; }

    public long Tokens { get; set; }

    public long IdSum { get; set; }

    /// <summary>From the first request to the last answer.</summary>
    public long ElapsedNanoseconds { get; set; }

    /// <summary>CPU of the generator's thread.</summary>
    public long CpuNanoseconds { get; set; }

    /// <summary>Open loop: from the intended time of the request to the last byte of the answer.</summary>
    public Histogram Latency { get; } = new();

    /// <summary>To the first token of a stream, from the same start.</summary>
    public Histogram FirstToken { get; } = new();

    /// <summary>From the time that the mock wrote into the token to its arrival here.</summary>
    public Histogram Transit { get; } = new();

    public SortedDictionary<string, long> Errors { get; } = new(StringComparer.Ordinal);

    public long ErrorCount => Errors.Values.Sum();

    public double PerSecond => ElapsedNanoseconds == 0 ? 0 : Completed * (double)Clock.Second / ElapsedNanoseconds;

    public void AddError(string kind, long count = 1) => Errors[kind] = Errors.GetValueOrDefault(kind) + count;
}
