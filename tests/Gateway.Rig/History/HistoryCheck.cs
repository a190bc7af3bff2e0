namespace Gateway.Rig.History;

/// <summary>All that is known of a run: what clients saw, what providers counted, what the ledger says.</summary>
public sealed record RunHistory(IReadOnlyList<ClientObservation> Clients, IReadOnlyList<MeterEntry> Meter, IReadOnlyList<LedgerEntry> Ledger);

/// <summary>What must hold of a run beyond what its history says itself.</summary>
public sealed record HistoryRules
{
    /// <summary>By their name in the ledger, <c>provider/model</c>.</summary>
    public required IReadOnlyDictionary<string, KnownDeployment> Deployments { get; init; }

    /// <summary>For each model that clients ask for: the groups that may serve it, itself among them unless it is an alias.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Groups { get; init; }

    /// <summary>
    /// How much later than a deadline a provider may see a call begin: the client starts its clock before the gateway does, and on a busy machine a call is
    /// on its way for a while. What the gateway itself says of its calls has to be exact.
    /// </summary>
    public TimeSpan Slack { get; init; } = TimeSpan.FromMilliseconds(700);

    /// <summary>How much later than a deadline a provider may see the gateway go.</summary>
    public TimeSpan HangUp { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Attempts that a pool may make beyond 1.1 for each request, in each minute that the run touches.</summary>
    public int AttemptFloor { get; init; } = 10;
}

/// <summary>A deployment as the test configured it. Prices are nano-USD a token.</summary>
/// <param name="Group">Model group that it belongs to.</param>
/// <param name="Simulator">Which Simulator serves it.</param>
/// <param name="Model">Name at the upstream.</param>
public sealed record KnownDeployment(string Group, int Simulator, string Model, long InputNanoUsd, long OutputNanoUsd)
{
    /// <summary>Nano-USD a token that was read from the provider's cache; null: as any input.</summary>
    public long? CachedNanoUsd { get; init; }

    /// <summary>Fingerprints that may be seen there; empty for any.</summary>
    public IReadOnlyList<string> Credentials { get; init; } = [];

    internal bool Serves(MeterEntry row) => Simulator == row.Simulator && Model == row.Model;
}

/// <summary>Holds a history against the invariants. Each violation names the invariant, the request and the numbers.</summary>
public static class HistoryCheck
{
    /// <returns>Violations in the order of the invariants; empty when all hold.</returns>
    public static IReadOnlyList<string> Violations(RunHistory history, HistoryRules rules)
    {
        var requests = RequestView.Join(history, out var found);
        foreach (var request in requests)
        {
            LedgerCheck.Check(request, rules, found);
            ModelCheck.Check(request, rules, found);
            DeadlineCheck.Check(request, rules, found);
            StreamCheck.Check(request, found);
        }

        AttemptCheck.Check(requests, rules, found);
        return found;
    }
}
