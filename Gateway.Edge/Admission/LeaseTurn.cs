namespace Gateway.Edge.Admission;

/// <summary>What a request that meets a <see cref="RateLease"/> does next.</summary>
internal enum LeaseTurn
{
    /// <summary>Admitted with what was taken before.</summary>
    Admitted,

    /// <summary>Refused: the last answer said so.</summary>
    Refused,

    /// <summary>It is the one that asks; it must call <see cref="RateLease.Answered"/>, whatever happens.</summary>
    Ask,

    /// <summary>Another is asking; wait for its answer.</summary>
    Wait,
}
