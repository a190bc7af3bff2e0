using Gateway.Router.Catalog;

namespace Gateway.Router.Balancing;

/// <summary>
/// One way to choose among deployments that can all serve. One instance belongs to one model group and serves all its requests at
/// once. What it remembers of past choices is its own; what is known of speed and load stands in <see cref="DeploymentLoad"/>.
/// </summary>
/// <remarks>
/// The choice depends on nothing but the arguments and that state: random choices are made with <see cref="BalancingRequest.Roll"/>. So the
/// same state gives the same choice, and Explain can say what would happen.
/// </remarks>
internal interface IBalancingStrategy
{
    /// <param name="candidates">At least one, all of the group.</param>
    /// <param name="weights">For each candidate its weight as it counts now: the configured one, less while it recovers. Above 0.</param>
    /// <param name="request">What is known of the request.</param>
    /// <param name="scores">Receives for each candidate what decided; lower is better.</param>
    /// <param name="commit">False: says what it would choose and changes nothing.</param>
    /// <returns>Index of the chosen candidate.</returns>
    int Pick(ReadOnlySpan<Deployment> candidates, ReadOnlySpan<double> weights, in BalancingRequest request, Span<double> scores, bool commit);
}

/// <summary>What strategies know of a request.</summary>
internal readonly record struct BalancingRequest
{
    /// <summary>Ticks of the <see cref="Pipeline.RouterClock"/>.</summary>
    public required long Now { get; init; }

    /// <summary>The random number of this choice.</summary>
    public required ulong Roll { get; init; }

    /// <summary>Estimated tokens of the prompt.</summary>
    public long InputTokens { get; init; }

    /// <summary>Estimated tokens of the answer.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Hash of the session or of the prompt's beginning; 0 for none.</summary>
    public ulong Affinity { get; init; }

    public bool Stream { get; init; }
}
