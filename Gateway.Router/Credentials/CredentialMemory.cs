namespace Gateway.Router.Credentials;

/// <summary>
/// What is known of a provider's keys, by fingerprint, so that it lives on when the document changes and the key does not. One lock guards all of it but what
/// says otherwise: a choice looks at several keys at once.
/// </summary>
/// <param name="routers">How many Routers share the limits.</param>
internal sealed class CredentialMemory(string provider, CredentialEvents events, Func<int> routers)
{
    /// <summary>Deployments come and go with documents; past this many new ones are not kept over the next.</summary>
    private const int MaxSets = 4096;

    private readonly Dictionary<string, KeyMemory> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LaneSet> _sets = new(StringComparer.Ordinal);

    public Lock Lock { get; } = new();

    public string Provider => provider;

    public CredentialEvents Events => events;

    public int Routers => routers();

    /// <summary>Of the limits of all keys together.</summary>
    public LimitMeters All { get; } = new();

    public static CredentialMemory Alone(string provider) => new(provider, new CredentialEvents(), static () => 1);

    public KeyMemory Key_NeedsLock(string fingerprint)
    {
        if (!_keys.TryGetValue(fingerprint, out var key))
        {
            _keys.Add(fingerprint, key = new KeyMemory());
        }

        return key;
    }

    /// <param name="deployment">Null for one that is not kept.</param>
    public LaneSet Set_NeedsLock(string? deployment)
    {
        if (deployment is null)
        {
            return new LaneSet();
        }

        if (!_sets.TryGetValue(deployment, out var set))
        {
            set = new LaneSet();
            if (_sets.Count < MaxSets)
            {
                _sets.Add(deployment, set);
            }
        }

        return set;
    }

    /// <summary>Forgets keys that are in the document no more: one that comes back begins anew.</summary>
    public void Keep_NeedsLock(IEnumerable<Credential> credentials)
    {
        var kept = credentials.Select(static credential => credential.Fingerprint).Append("").ToHashSet(StringComparer.Ordinal);
        foreach (var gone in _keys.Keys.Where(fingerprint => !kept.Contains(fingerprint)).ToList())
        {
            _keys.Remove(gone);
            foreach (var set in _sets.Values)
            {
                set.Lanes.Remove(gone);
            }
        }
    }

    /// <summary>The deployments at which one key is refused, and whether it is everywhere.</summary>
    public bool IsQuarantined_NeedsLock(string fingerprint) =>
        (_keys.TryGetValue(fingerprint, out var key) && key.Quarantine.IsActive)
        || _sets.Values.Any(set => set.Lanes.TryGetValue(fingerprint, out var lane) && lane.Quarantine.IsActive);

    /// <summary>Takes over what another Router learned. It is not told on.</summary>
    public void Accept(in CredentialHint hint, long now)
    {
        lock (Lock)
        {
            if (!_keys.TryGetValue(hint.Fingerprint, out var key))
            {
                return;
            }

            var until = now + Math.Clamp(hint.For.Ticks, 0, hint.IsQuarantine ? Quarantine.First.Ticks : Attempts.RetryAfter.Longest.Ticks);
            if (hint.IsQuarantine && hint.Deployment is null)
            {
                key.Quarantine.Hint(until);
                key.IsTroubled = true;
                return;
            }

            foreach (var (id, set) in _sets)
            {
                if ((hint.Deployment is null || id == hint.Deployment) && set.Lanes.TryGetValue(hint.Fingerprint, out var lane))
                {
                    if (hint.IsQuarantine)
                    {
                        lane.Quarantine.Hint(until);
                    }
                    else
                    {
                        lane.Rest.Hint(until);
                    }

                    lane.IsTroubled = true;
                }
            }
        }
    }
}
