using Gateway.Core.Configuration;
using Gateway.Router.Balancing;

namespace Gateway.Router.Queueing;

/// <summary>Who waits.</summary>
/// <param name="Tenant">The team, else the key.</param>
/// <param name="Weight">Its share.</param>
/// <param name="Priority">Its class.</param>
/// <param name="Tokens">Estimated tokens of the request, input and output; see <see cref="Answers"/>.</param>
internal readonly record struct Visitor(string Tenant, int Weight, RequestPriority Priority, long Tokens)
{
    /// <summary>
    /// <see cref="WaitingRoom.Pulses"/> as it was before places were looked for: a place that became free since then is not missed. 0 when nobody looked.
    /// </summary>
    public long Seen { get; init; }

    /// <summary>
    /// How long answers are, for requests that are compared by an estimate: then <see cref="Tokens"/> is of the prompt alone, and the answer is estimated when it is
    /// somebody's turn. What was learned while they waited counts for all of them alike, else equal requests would not cost the same.
    /// </summary>
    public AnswerLengths? Answers { get; init; }

    /// <summary>Most output tokens that the client allowed; below 0 for no bound. Counts with <see cref="Answers"/>.</summary>
    public long OutputCap { get; init; }

    /// <summary>What it costs its tenant, in tokens for a weight of 1.</summary>
    public double Cost => (double)Math.Max(1, Tokens + (Answers?.Estimate(OutputCap) ?? 0)) / Math.Max(1, Weight);
}

internal enum WaitResult : byte
{
    /// <summary>It is this one's turn: a place may be free.</summary>
    Turn,

    /// <summary>There is no room to wait.</summary>
    Full,

    /// <summary>The longest wait is over.</summary>
    TooLong,
}
