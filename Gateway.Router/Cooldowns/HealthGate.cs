using Gateway.Router.Catalog;

namespace Gateway.Router.Cooldowns;

/// <summary>Whether health lets a deployment serve a request.</summary>
internal enum Health : byte
{
    Usable,

    /// <summary>Half-open: one request may try it, if it can be retried.</summary>
    Probe,

    /// <summary>Open, but so many others are that this one is asked all the same.</summary>
    Panic,

    Ejected,
}

/// <summary>Looks at all deployments of a group together: not all of them may be ejected for soft reasons.</summary>
internal static class HealthGate
{
    /// <summary>One request in this many is let through when nothing is usable.</summary>
    private const ulong PanicOneIn = 10;

    /// <summary>What a refused client waits at least, since a probe that runs may be done any moment.</summary>
    private const long LeastWait = TimeSpan.TicksPerSecond;

    /// <summary>
    /// Ejects what is open, and what is half-open for all but the one that tries it. Soft reasons eject no more than leaves half of the capacity in
    /// service, hard ejections counted in; the least bad stay. Changes nothing: the same state gives the same answer.
    /// </summary>
    /// <param name="candidates">Those that may serve the request.</param>
    /// <param name="now">Ticks.</param>
    /// <param name="roll">The random number of the request: panic lets a tenth of them through.</param>
    /// <param name="health">Receives the verdict for each.</param>
    /// <returns>Whether any may serve.</returns>
    public static bool Check(ReadOnlySpan<Deployment> candidates, long now, ulong roll, Span<Health> health)
    {
        for (var i = 0; i < candidates.Length; i++)
        {
            var state = candidates[i].State;
            if ((state.Breaker.OpenUntil | state.Endpoint.Breaker.OpenUntil) != 0)
            {
                return CheckEach(candidates, now, roll, health);
            }
        }

        health[..candidates.Length].Clear();
        return candidates.Length > 0;
    }

    /// <summary>When the first of them may be tried again, at least a second from now: what a refused client is told. 0 where one is in service.</summary>
    public static long EarliestOpenUntil(ReadOnlySpan<Deployment> candidates, long now)
    {
        var earliest = long.MaxValue;
        foreach (var candidate in candidates)
        {
            earliest = Math.Min(earliest, candidate.State.OpenUntil);
        }

        return earliest == 0 || candidates.IsEmpty ? 0 : Math.Max(earliest, now + LeastWait);
    }

    /// <summary>Whether breakers keep each of them from service. What is open for soft reasons alone stays in service while the others are out.</summary>
    public static bool AreAllOut(ReadOnlySpan<Deployment> candidates)
    {
        foreach (var candidate in candidates)
        {
            if (candidate.State.OpenUntil == 0 || candidate.State.IsSoft)
            {
                return false;
            }
        }

        return true;
    }

    private static bool CheckEach(ReadOnlySpan<Deployment> candidates, long now, ulong roll, Span<Health> health)
    {
        long all = 0, ejected = 0;
        var softOnes = 0;
        var any = false;
        for (var i = 0; i < candidates.Length; i++)
        {
            var state = candidates[i].State;
            var weight = WeightOf(candidates[i]);
            all += weight;
            health[i] = Verdict(state, now);
            any |= health[i] is Health.Usable or Health.Probe;
            if (health[i] != Health.Usable)
            {
                (softOnes, ejected) = state.IsSoft ? (softOnes + 1, ejected) : (softOnes, ejected + weight);
            }
        }

        return (softOnes > 0 && KeepLeastBad(candidates, all, ejected, health)) || any || Panic(candidates, roll, health);
    }

    /// <summary>Of those that are out for soft reasons ejects the worst, while half of the capacity remains.</summary>
    /// <returns>Whether any stays.</returns>
    private static bool KeepLeastBad(ReadOnlySpan<Deployment> candidates, long all, long ejected, Span<Health> health)
    {
        // Latest first, and each at most once: those before it in this order are done.
        var (lastUntil, lastIndex) = (long.MaxValue, -1);
        while (true)
        {
            var (worst, worstUntil) = (-1, -1L);
            for (var i = 0; i < candidates.Length; i++)
            {
                var state = candidates[i].State;
                var until = state.OpenUntil;
                if (health[i] != Health.Usable && state.IsSoft && until > worstUntil && (until < lastUntil || (until == lastUntil && i > lastIndex)))
                {
                    (worst, worstUntil) = (i, until);
                }
            }

            if (worst < 0)
            {
                return false;
            }

            ejected += WeightOf(candidates[worst]);
            if (ejected * 2 > all)
            {
                break;
            }

            (lastUntil, lastIndex) = (worstUntil, worst);
        }

        var kept = false;
        for (var i = 0; i < candidates.Length; i++)
        {
            var state = candidates[i].State;
            var until = state.OpenUntil;
            if (health[i] != Health.Usable && state.IsSoft && (until < lastUntil || (until == lastUntil && i > lastIndex)))
            {
                health[i] = Health.Usable;
                kept = true;
            }
        }

        return kept;
    }

    /// <summary>Lets a tenth of the requests ask the best of the bad, so that nobody has to wait for the end of a long ejection when it is well again.</summary>
    private static bool Panic(ReadOnlySpan<Deployment> candidates, ulong roll, Span<Health> health)
    {
        if (candidates.IsEmpty || roll > ulong.MaxValue / PanicOneIn)
        {
            return false;
        }

        var (best, bestUntil) = (0, long.MaxValue);
        for (var i = 0; i < candidates.Length; i++)
        {
            var until = candidates[i].State.OpenUntil;
            if (until < bestUntil)
            {
                (best, bestUntil) = (i, until);
            }
        }

        health[best] = Health.Panic;
        return true;
    }

    private static Health Verdict(DeploymentState state, long now)
    {
        var (own, endpoint) = (state.Breaker.StateAt(now), state.Endpoint.Breaker.StateAt(now));
        return (own > endpoint ? own : endpoint) switch
        {
            BreakerState.Closed => Health.Usable,
            BreakerState.HalfOpen when IsFree(state.Breaker, own, now) && IsFree(state.Endpoint.Breaker, endpoint, now) => Health.Probe,
            _ => Health.Ejected,
        };
    }

    private static bool IsFree(Breaker breaker, BreakerState state, long now) => state == BreakerState.Closed || breaker.IsProbeFree(now);

    // A weight of 0 is no capacity, yet something to count by.
    private static long WeightOf(Deployment candidate) => Math.Max(1, candidate.Weight);
}
