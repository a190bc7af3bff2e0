namespace Gateway.Edge.Models;

/// <summary>A model as lists show it.</summary>
/// <param name="Name">As clients write it.</param>
/// <param name="Provider">Who serves it; of several the first.</param>
internal sealed record ListedModel(string Name, string Provider)
{
    /// <summary>For people; the name where nobody gave one.</summary>
    public string DisplayName { get; init; } = Name;

    /// <summary>When the provider released it; the epoch where nobody says. Clients expect a time.</summary>
    public DateTimeOffset Created { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>Longest input in tokens; null where nobody says.</summary>
    public long? InputTokens { get; init; }

    /// <summary>Longest output in tokens; null where nobody says.</summary>
    public long? OutputTokens { get; init; }
}
