using System.Diagnostics.CodeAnalysis;

namespace Gateway.Router.Queueing;

/// <summary>Tenants of one class, which share its turns by tokens and weight. Guarded by the room's lock.</summary>
/// <remarks>
/// Deficit round robin in the limit of infinitely small turns, kept as virtual time: each tenant's next request ends, in virtual time, when the tenant has got as
/// many tokens for its weight; the earliest end is next. So one long request of a tenant costs it many short ones, no quantum has to be chosen, and
/// nothing of a tenant has to be kept when its last request is gone: whoever comes begins at the present.
/// Sources: Shreedhar, Varghese 1996, doi:10.1109/90.502236 (deficit round robin); Golestani 1994, doi:10.1109/INFCOM.1994.337677 (virtual time).
/// </remarks>
internal sealed class PriorityClass
{
    private readonly Dictionary<string, TenantQueue> _byTenant = new(StringComparer.Ordinal);

    // In the order of their last turns, so that equals take turns.
    private readonly LinkedList<TenantQueue> _queues = [];
    private double _virtualTime;

    public int Count { get; private set; }

    public int Tenants => _queues.Count;

    /// <summary>Turns of higher classes since this one waits.</summary>
    public int PassedOver { get; set; }

    public void Add(Waiter waiter, bool first)
    {
        if (!_byTenant.TryGetValue(waiter.Visitor.Tenant, out var queue))
        {
            queue = new TenantQueue(waiter.Visitor.Tenant, _virtualTime);
            _byTenant.Add(queue.Tenant, queue);
            _queues.AddLast(queue);
        }

        waiter.Queue = queue;
        waiter.Node = first ? queue.Waiters.AddFirst(waiter) : queue.Waiters.AddLast(waiter);
        Count++;
    }

    public void Remove(Waiter waiter)
    {
        if (waiter.Queue is not { } queue || waiter.Node is not { } node)
        {
            return;
        }

        queue.Waiters.Remove(node);
        (waiter.Queue, waiter.Node) = (null, null);
        Count--;
        if (queue.Waiters.Count == 0)
        {
            _byTenant.Remove(queue.Tenant);
            _queues.Remove(queue);
        }

        if (Count == 0)
        {
            (_virtualTime, PassedOver) = (0, 0);
        }
    }

    /// <summary>Whether it has anybody who does not know that there is nothing for it yet.</summary>
    public bool IsClaimed(long now)
    {
        foreach (var queue in _queues)
        {
            if (queue.First(TurnRule.NotEarly, now) is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whose turn it is; takes nothing.</summary>
    public Waiter? Next(TurnRule rule, long now)
    {
        Waiter? next = null;
        var earliest = double.PositiveInfinity;
        foreach (var queue in _queues)
        {
            if (queue.First(rule, now) is not { } waiter)
            {
                if (rule == TurnRule.NotEarly)
                {
                    // It waits for something else: for that it earns no claim on the turns of others.
                    queue.Start = Math.Max(queue.Start, _virtualTime);
                }
            }
            else
            {
                // Of equals the one that has paid already.
                var finish = queue.FinishOf(waiter);
                if (finish < earliest || (finish == earliest && waiter.Cost < next!.Cost))
                {
                    (next, earliest) = (waiter, finish);
                }
            }
        }

        return next;
    }

    /// <summary>Gives the turn to what <see cref="Next"/> said.</summary>
    public void Serve(Waiter waiter)
    {
        var queue = waiter.Queue!;
        queue.Start = queue.FinishOf(waiter);
        _virtualTime = Math.Max(_virtualTime, queue.Start);
        _queues.Remove(queue);
        _queues.AddLast(queue);
        PassedOver = 0;
        Remove(waiter);
    }

    /// <summary>The newest request of the tenant that has most here for its weight, if that is more than <paramref name="visitor"/>'s tenant would have.</summary>
    public bool TryFindVictim(in Visitor visitor, [NotNullWhen(true)] out Waiter? victim)
    {
        var mine = ((_byTenant.TryGetValue(visitor.Tenant, out var queue) ? queue.Waiters.Count : 0) + 1.0) / Math.Max(1, visitor.Weight);
        victim = Newest(moreThan: mine);
        return victim is not null;
    }

    /// <summary>The newest request of the tenant that has most here for its weight.</summary>
    public Waiter? Newest(double moreThan = 0)
    {
        TenantQueue? longest = null;
        foreach (var queue in _queues)
        {
            if (queue.Length > moreThan)
            {
                (longest, moreThan) = (queue, queue.Length);
            }
        }

        return longest?.Waiters.Last?.Value;
    }

    /// <summary>Takes out everybody whose wait is over, and says when something happens here by itself.</summary>
    /// <returns>Ticks; <see cref="long.MaxValue"/> for never, the past where a limit has refilled.</returns>
    public long Expire(long now, List<Waiter> expired)
    {
        var next = long.MaxValue;
        foreach (var queue in _queues)
        {
            foreach (var waiter in queue.Waiters)
            {
                if (waiter.Deadline <= now)
                {
                    expired.Add(waiter);
                }
                else
                {
                    next = Math.Min(next, waiter.PlaceAt == 0 ? waiter.Deadline : Math.Min(waiter.Deadline, waiter.PlaceAt));
                }
            }
        }

        return next;
    }
}
