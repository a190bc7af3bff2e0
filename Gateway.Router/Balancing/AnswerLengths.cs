using System.Numerics;

namespace Gateway.Router.Balancing;

/// <summary>
/// How many tokens the answers of one group have, by how many the client allows: who asks for eight at most says nothing of who asks for thousands. Thread-safe
/// by a short lock.
/// </summary>
/// <remarks>Caps count as alike within a power of four; requests without one are by themselves. Means forget as everything else in <see cref="DeploymentLoad"/> does.</remarks>
internal sealed class AnswerLengths
{
    /// <summary>Tokens of an answer where nothing is known.</summary>
    public const long Usual = 500;

    private const int Classes = 10;

    private readonly Lock _lock = new();
    private readonly MovingMean[] _means = new MovingMean[Classes];

    public AnswerLengths() => Array.Fill(_means, new MovingMean(DeploymentLoad.RatesKept.Ticks, peaks: false));

    /// <param name="now">Ticks, above 0.</param>
    /// <param name="cap">Most output tokens that the client allowed; below 0 for no bound.</param>
    /// <param name="tokens">That a whole answer had; 0 where nobody counted, which says nothing.</param>
    public void Note(long now, long cap, long tokens)
    {
        if (tokens > 0)
        {
            lock (_lock)
            {
                _means[ClassOf(cap)].Note(now, tokens);
            }
        }
    }

    /// <summary>Tokens that an answer under such a cap will have: as those before it under one like it, and no more than the cap.</summary>
    /// <param name="cap">As in <see cref="Note"/>.</param>
    public long Estimate(long cap)
    {
        var tokens = Usual;
        lock (_lock)
        {
            ref readonly var mean = ref _means[ClassOf(cap)];
            if (mean.IsKnown)
            {
                tokens = (long)Math.Ceiling(mean.Value);
            }
        }

        return cap >= 0 ? Math.Min(cap, tokens) : tokens;
    }

    private static int ClassOf(long cap) => cap < 0 ? 0 : Math.Min(Classes - 1, 1 + (BitOperations.Log2((ulong)Math.Max(1, cap)) / 2));
}
