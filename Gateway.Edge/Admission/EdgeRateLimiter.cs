using Gateway.Core.Admission;

namespace Gateway.Edge.Admission;

/// <summary>
/// The rate limiter of the Edge: Redis when it is there, this process otherwise. "No Redis configured" and "Redis away" are
/// one code path; they differ only in what <see cref="RateDecision.Degraded"/> says.
/// </summary>
/// <param name="local">Decides alone, and remembers what Redis said.</param>
/// <param name="metrics">Counts decisions.</param>
/// <param name="redis">Null when none is configured.</param>
internal sealed class EdgeRateLimiter(LocalRateLimiter local, EdgeMetrics metrics, RedisLink? redis = null) : IRateLimiter
{
    /// <summary>A configured Redis is not used at the moment.</summary>
    public bool IsDegraded => redis is { IsUp: false };

    public ValueTask<RateDecision> AdmitAsync(RateLimit limit, CancellationToken cancellationToken) =>
        redis is { IsUp: true } ? AskAsync(redis, limit, cancellationToken) : new(DecideLocally(limit));

    private async ValueTask<RateDecision> AskAsync(RedisLink link, RateLimit limit, CancellationToken cancellationToken)
    {
        // A flood over the limit must not become a flood on Redis: what Redis would refuse by its last answer is refused here.
        var known = local.Peek(limit);
        if (!known.Admitted)
        {
            metrics.RateDecision(admitted: false, EdgeMetrics.DecidedByMemory);
            return known;
        }

        var asked = local.NowMicros;
        if (await link.TryAdmitAsync(limit, cancellationToken) is not { } decision)
        {
            return DecideLocally(limit);
        }

        local.Learn(limit.Scope, decision.ResetAfter, asked);
        metrics.RateDecision(decision.Admitted, EdgeMetrics.DecidedByRedis);
        return decision;
    }

    private RateDecision DecideLocally(RateLimit limit)
    {
        var decision = local.Admit(limit);
        metrics.RateDecision(decision.Admitted, EdgeMetrics.DecidedLocally);
        return decision with { Degraded = redis is not null };
    }
}
