using Gateway.Core.Admission;

namespace Gateway.Edge.Admission;

/// <summary>
/// The rate limiter of the Edge: Redis when it is there, this process otherwise. "No Redis configured" and "Redis away" are
/// one code path; they differ only in what <see cref="RateDecision.Degraded"/> says, and in the part of a burst that leases need.
/// </summary>
/// <param name="local">Decides alone, and remembers what Redis said.</param>
/// <param name="metrics">Counts decisions.</param>
/// <param name="redis">Null when none is configured.</param>
internal sealed class EdgeRateLimiter(LocalRateLimiter local, EdgeMetrics metrics, ISharedLimits? redis = null) : IRateLimiter
{
    private readonly RateLeases _leases = new(local);

    /// <summary>A configured Redis is not used at the moment.</summary>
    public bool IsDegraded => redis is { IsUp: false };

    /// <summary>What this Edge knows of a limit; what others took since it last asked Redis is not in it. Consumes nothing.</summary>
    public RateDecision Peek(RateLimit limit) => local.Peek(limit);

    public ValueTask<RateDecision> AdmitAsync(RateLimit limit, CancellationToken cancellationToken)
    {
        if (redis is null)
        {
            return new(DecideLocally(limit));
        }

        var lease = _leases.Find(limit);
        if (!redis.IsUp)
        {
            // Leases are not used meanwhile; they are over before the breaker can close again.
            return new(DecideLocally(limit, lease));
        }

        if (lease is null)
        {
            return AskAsync(redis, limit, cancellationToken);
        }

        // The usual case of a busy key: no await, no Redis.
        var turn = lease.Next(again: false, out var decision, out var take, out var answer);
        return turn switch
        {
            LeaseTurn.Admitted => new(Count(decision, EdgeMetrics.DecidedByLease)),
            LeaseTurn.Refused => new(Count(decision, EdgeMetrics.DecidedByMemory)),
            _ => LeaseAsync(redis, limit, lease, take, answer, cancellationToken),
        };
    }

    private async ValueTask<RateDecision> AskAsync(ISharedLimits shared, RateLimit limit, CancellationToken cancellationToken)
    {
        // A flood over the limit must not become a flood on Redis: what Redis would refuse by its last answer is refused here.
        var known = local.Peek(limit);
        if (!known.Admitted)
        {
            return Count(known, EdgeMetrics.DecidedByMemory);
        }

        var asked = local.NowMicros;
        if (await shared.TryTakeAsync(limit, RateTake.One, cancellationToken) is not { } grant)
        {
            return DecideLocally(limit);
        }

        local.Learn(limit.Scope, grant.ResetAfter, asked);
        return Count(new RateDecision(grant.Granted > 0, grant.Remaining, grant.RetryAfter, grant.ResetAfter, Degraded: false), EdgeMetrics.DecidedByRedis);
    }

    private async ValueTask<RateDecision> LeaseAsync(
        ISharedLimits shared, RateLimit limit, RateLease lease, RateTake take, Task<RateDecision?>? answer, CancellationToken cancellationToken)
    {
        while (true)
        {
            RateDecision? told;
            if (answer is null)
            {
                told = await RenewAsync(shared, lease, take);
            }
            else
            {
                told = await answer.WaitAsync(cancellationToken);
                if (told is { Admitted: true })
                {
                    // There is a lease now, but others may have used it up.
                    switch (lease.Next(again: true, out var decision, out take, out answer))
                    {
                        case LeaseTurn.Admitted:
                            return Count(decision, EdgeMetrics.DecidedByLease);
                        case LeaseTurn.Refused:
                            return Count(decision, EdgeMetrics.DecidedByMemory);
                        default:
                            continue;
                    }
                }
            }

            return told is { } own ? Count(own, EdgeMetrics.DecidedByRedis) : DecideLocally(limit, lease);
        }
    }

    // Not cancelled with the request that asks: others wait for the same answer, and it has a deadline of its own.
    private async ValueTask<RateDecision?> RenewAsync(ISharedLimits shared, RateLease lease, RateTake take)
    {
        var asked = local.NowMicros;
        RateGrant? grant = null;
        RateDecision? decision;
        try
        {
            grant = await shared.TryTakeAsync(lease.Enforced, take, CancellationToken.None);
            if (grant is { } told)
            {
                // All that was granted, used or not: when Redis goes away, none of it is given a second time.
                local.Learn(lease.Limit.Scope, told.ResetAfter, asked);
            }
        }
        finally
        {
            decision = lease.Answered(grant, asked);
        }

        return decision;
    }

    private RateDecision DecideLocally(RateLimit limit, RateLease? lease = null)
    {
        lease?.DecidedLocally();
        return Count(local.Admit(lease?.Enforced ?? limit), EdgeMetrics.DecidedLocally) with { Degraded = redis is not null };
    }

    private RateDecision Count(in RateDecision decision, string by)
    {
        metrics.RateDecision(decision.Admitted, by);
        return decision;
    }
}
