namespace Gateway.Router.Queueing;

/// <summary>Requests of one tenant in one class, in order. Exists while it has any. Guarded by the room's lock.</summary>
/// <param name="tenant">Who.</param>
/// <param name="start">The class's virtual time.</param>
internal sealed class TenantQueue(string tenant, double start)
{
    public string Tenant { get; } = tenant;

    public LinkedList<Waiter> Waiters { get; } = [];

    /// <summary>Virtual time from which its next request is served: what it got so far, in tokens for a weight of 1.</summary>
    public double Start { get; set; } = start;

    /// <summary>Length for its weight.</summary>
    public double Length => (double)Waiters.Count / Math.Max(1, Waiters.First?.Value.Visitor.Weight ?? 1);

    public double FinishOf(Waiter waiter) => Start + waiter.Cost;

    /// <summary>The first that <paramref name="rule"/> lets through.</summary>
    public Waiter? First(TurnRule rule, long now)
    {
        for (var node = Waiters.First; node is not null; node = node.Next)
        {
            var waiter = node.Value;
            if (rule switch { TurnRule.Due => waiter.IsDue(now), TurnRule.NotEarly => !waiter.IsEarly(now), TurnRule.Any => true })
            {
                return waiter;
            }
        }

        return null;
    }
}

/// <summary>Who may have a turn.</summary>
internal enum TurnRule : byte
{
    Any,

    /// <summary>Whoever does not know that there is nothing for it yet.</summary>
    NotEarly,

    /// <summary>Whoever waited for a limit that has refilled.</summary>
    Due,
}
