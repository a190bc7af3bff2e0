namespace Gateway.Usage.Ledger.Corrections;

/// <summary>What corrections made of the costs of requests, for commands that read a ledger in one pass. Not thread-safe.</summary>
internal sealed class CorrectedCosts
{
    private readonly Dictionary<Guid, CorrectedCost> _costs = [];
    private readonly Dictionary<string, string> _deployments = new(StringComparer.Ordinal);

    /// <summary>Takes a correction; those of one request in their order.</summary>
    public void Take(CorrectionRecord record)
    {
        var correction = record.Correction;
        _costs[correction.RequestId] = (Find(correction.RequestId) ?? new CorrectedCost(0, [])).After(correction.NewNanoUsd, record.Shares.Select(Known));
    }

    /// <summary>Null for a request that costs what its record says.</summary>
    public CorrectedCost? Find(Guid requestId) => _costs.GetValueOrDefault(requestId);

    /// <summary>What a request costs by now.</summary>
    /// <param name="original">What its record says.</param>
    public long Of(Guid requestId, long original) => Find(requestId)?.NanoUsd ?? original;

    // Names of deployments are few, and corrections may be many.
    private CostShare Known(CostShare share)
    {
        if (!_deployments.TryGetValue(share.Deployment, out var name))
        {
            _deployments.Add(name = share.Deployment, name);
        }

        return share with { Deployment = name };
    }
}

/// <param name="NanoUsd">What the request costs by now.</param>
/// <param name="Shares">What all of its corrections add at each deployment.</param>
internal sealed record CorrectedCost(long NanoUsd, IReadOnlyList<CostShare> Shares)
{
    /// <summary>Of a request that was read with its corrections; null when it has none.</summary>
    public static CorrectedCost? Of(LedgerEntry entry) => entry.Corrections.Count == 0 ? null : entry.Corrections.Aggregate(
        new CorrectedCost(0, []), (cost, correction) => cost.After(correction.NewNanoUsd, new CorrectionRecord(correction, 0, entry.Final.Intent, entry.Final.Status).Shares));

    public CorrectedCost After(long nanoUsd, IEnumerable<CostShare> shares) => new(
        nanoUsd, [.. Shares.Concat(shares).GroupBy(static share => share.Deployment, static (deployment, group) => new CostShare(deployment, group.Sum(static share => share.DifferenceNanoUsd)), StringComparer.Ordinal)]);
}
