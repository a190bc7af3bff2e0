namespace Gateway.Core.Admission;

/// <summary>What an Edge asks of a shared limit: some requests' worth at once, and the account of what it took before.</summary>
/// <param name="Wanted">Requests to admit; fewer may be granted.</param>
/// <param name="Used">Of the last grant: requests that were admitted with it.</param>
/// <param name="Unused">Of the last grant: given back. Both are told once and only when nothing of that grant can be used any more.</param>
/// <param name="TakenAtMicros"><see cref="RateGrant.AtMicros"/> of the last grant.</param>
public readonly record struct RateTake(long Wanted, long Used, long Unused, long TakenAtMicros)
{
    /// <summary>One request, nothing to settle.</summary>
    public static RateTake One => new(Wanted: 1, Used: 0, Unused: 0, TakenAtMicros: 0);
}

/// <summary>The answer to a <see cref="RateTake"/>.</summary>
/// <param name="Granted">0: refused, nothing was consumed. Otherwise 1 to what was wanted.</param>
/// <param name="Remaining">Requests that would still be granted at once.</param>
/// <param name="RetryAfter">When refused: until one request is granted.</param>
/// <param name="ResetAfter">Until the limit is whole again.</param>
/// <param name="AtMicros">The clock of the limit's owner, to hand back with the account.</param>
public readonly record struct RateGrant(long Granted, long Remaining, TimeSpan RetryAfter, TimeSpan ResetAfter, long AtMicros);
