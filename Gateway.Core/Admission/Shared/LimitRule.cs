namespace Gateway.Core.Admission.Shared;

/// <summary>What a limit counts.</summary>
public enum LimitUnit : byte
{
    Requests,

    /// <summary>Input and output together: estimated at admission, corrected when the answer is known.</summary>
    Tokens,

    /// <summary>Requests at the same time.</summary>
    Concurrency,

    /// <summary>Different sessions.</summary>
    Sessions,
}

/// <summary>One limit that applies to a request. Made when the configuration is loaded, not for each request.</summary>
/// <param name="Scope">Whose: <c>key:demo</c>, <c>user:alice</c>, <c>team:research</c>, <c>org:default</c>, <c>end:NAME</c>.</param>
/// <param name="Name">Which of the scope's, unique in it and the same for the same limit on every Edge: <c>requests/60</c>, <c>tokens/86400:gpt-4*</c>, <c>concurrency</c>, <c>sessions/300</c>.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Limit">So many in a window, or at the same time.</param>
/// <param name="Window">Zero for <see cref="LimitUnit.Concurrency"/>.</param>
/// <param name="Burst">For rates: so many at once. In any interval of length W at most Burst + Limit * W / Window. The limit itself for the other units.</param>
/// <param name="Shadow">Counts and reports, and never refuses.</param>
public sealed record LimitRule(string Scope, string Name, LimitUnit Unit, long Limit, TimeSpan Window, long Burst, bool Shadow)
{
    /// <summary>Names its state within the organisation.</summary>
    public string Id { get; } = $"{Scope}|{Name}";
}
