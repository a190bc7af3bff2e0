namespace Gateway.Bench.Mock;

/// <summary>What the mock wrote since its start: an answer counts when its last bytes go to the kernel.</summary>
internal sealed record MockStats
{
    public long Answers { get; set; }

    public long IdSum { get; set; }

    /// <summary>Tokens of streams that were written to their end.</summary>
    public long Tokens { get; set; }

    /// <summary>Streams that the other side left before their end.</summary>
    public long Aborted { get; set; }

    public long Malformed { get; set; }

    public MockStats Since(MockStats earlier) => new()
    {
        Answers = Answers - earlier.Answers,
        IdSum = IdSum - earlier.IdSum,
        Tokens = Tokens - earlier.Tokens,
        Aborted = Aborted - earlier.Aborted,
        Malformed = Malformed - earlier.Malformed,
    };
}
