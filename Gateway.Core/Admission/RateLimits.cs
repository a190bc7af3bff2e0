namespace Gateway.Core.Admission;

/// <summary>A rate limit in GCRA form.</summary>
/// <param name="Scope">Name of what is limited, e.g. <c>key:demo:rpm</c>; part of the Redis key.</param>
/// <param name="Limit">Requests per <paramref name="Window"/>.</param>
/// <param name="Window">Length of the window that <paramref name="Limit"/> counts for.</param>
/// <param name="Burst">Requests that may come at once; in any interval of length W at most Burst + W * rate are admitted.</param>
public sealed record RateLimit(string Scope, long Limit, TimeSpan Window, long Burst)
{
    /// <summary>A per-minute limit with the default burst of ten seconds' worth (at least one request).</summary>
    public static RateLimit PerMinute(string scope, long requests) => new(scope, requests, TimeSpan.FromMinutes(1), Math.Max(1, requests / 6));
}

/// <summary>The answer to one admission.</summary>
/// <param name="Admitted">False: nothing was consumed.</param>
/// <param name="Remaining">Requests that would still be admitted at once.</param>
/// <param name="RetryAfter">When refused: a request after exactly this is admitted, unless another takes the place.</param>
/// <param name="ResetAfter">Until the limit is whole again.</param>
/// <param name="Degraded">Decided locally because Redis did not answer.</param>
public readonly record struct RateDecision(bool Admitted, long Remaining, TimeSpan RetryAfter, TimeSpan ResetAfter, bool Degraded);

/// <summary>Decides whether a request is within its rate limit. Thread-safe.</summary>
public interface IRateLimiter
{
    ValueTask<RateDecision> AdmitAsync(RateLimit limit, CancellationToken cancellationToken);
}
