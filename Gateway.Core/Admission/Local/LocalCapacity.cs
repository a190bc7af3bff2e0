namespace Gateway.Core.Admission.Local;

/// <summary>How much a <see cref="LocalAdmissionStore"/> remembers at most; about 15 MB with these when all of it is full.</summary>
public sealed record LocalCapacity
{
    /// <summary>Rate limits that are not idle. Beyond it those nearest to idle go.</summary>
    public int Rates { get; init; } = 16_384;

    /// <summary>Places of requests that run. Beyond it limits of concurrency do not count.</summary>
    public int Places { get; init; } = 16_384;

    /// <summary>Sessions. Beyond it new ones are not counted.</summary>
    public int Sessions { get; init; } = 8_192;

    /// <summary>Budgets. Beyond it those that nothing is held of and that were used longest ago go, and are asked for again.</summary>
    public int Budgets { get; init; } = 16_384;

    /// <summary>Decisions, each remembered so long as no more than so many came after it.</summary>
    public int Decisions { get; init; } = 32_768;
}
