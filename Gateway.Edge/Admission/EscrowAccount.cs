using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Admission;

/// <summary>What requests of one set of hard budgets spend here, and the lease for them. Thread-safe by a short lock.</summary>
/// <param name="organisation">Whose.</param>
internal sealed class EscrowAccount(string organisation)
{
    /// <summary>Share of what is left of the tightest budget that may be parked.</summary>
    private const int LeftShare = 100;

    private const long MostNanoUsd = 1_000_000_000;
    private const int Seconds = 5;

    private readonly Lock _lock = new();
    private readonly long[] _spent = new long[Seconds];
    private long _second;
    private long _least = long.MaxValue;
    private long _last;
    private long _left;
    private long _usedAt;
    private BudgetCharge[] _charges = [];
    private EscrowLease? _lease;

    public string Organisation => organisation;

    /// <summary>When a request was last admitted; ticks.</summary>
    public long UsedAt => Volatile.Read(ref _usedAt);

    /// <summary>The lease that requests may take from; null for none.</summary>
    public EscrowLease? Lease
    {
        get
        {
            lock (_lock)
            {
                return _lease;
            }
        }
    }

    /// <summary>A request was admitted by the shared state.</summary>
    public void Note(AdmissionRequest request, AdmissionAnswer answer, long now)
    {
        lock (_lock)
        {
            _usedAt = now;
            Turn_NeedsLock(now);
            _spent[(int)(_second % Seconds)] += answer.HeldNanoUsd;
            _least = Math.Min(_least, answer.HeldNanoUsd);
            _last = answer.HeldNanoUsd;
            _left = Left(request, answer);
            if (!HasSlots_NeedsLock(request.Budgets))
            {
                _charges = [.. request.Budgets.Where(static charge => charge.Hard)];
            }
        }
    }

    /// <summary>How much should be held now, and on what; 0 when it would suffice for no request.</summary>
    public (long Amount, BudgetCharge[] Charges) Wanted(long now)
    {
        lock (_lock)
        {
            Turn_NeedsLock(now);
            // Who comes once in ten seconds still finds enough for one request.
            var amount = Math.Min(Math.Min(_left / LeftShare, MostNanoUsd), Math.Max(_last, _spent.Sum()));
            return (amount < _least ? 0 : amount, _charges);
        }
    }

    /// <returns>A negative amount when nothing can be taken.</returns>
    public (EscrowLease? Lease, long Amount, long OutputCap) Take(in MoneyBound bound, long now)
    {
        lock (_lock)
        {
            // Requests that are served from it keep it alive, too.
            _usedAt = now;
            if (_lease is not { } lease || !lease.IsUsable(now))
            {
                return (null, -1, -1);
            }

            var (amount, cap) = lease.Take(bound);
            return (lease, amount, cap);
        }
    }

    public void Untake(EscrowLease lease, long amount)
    {
        lock (_lock)
        {
            lease.Untake(amount);
        }
    }

    public void Ended(EscrowLease lease, long now)
    {
        lock (_lock)
        {
            lease.Open--;
            lease.QuietSince = now;
        }
    }

    /// <summary>From now on requests take from another lease, or from none.</summary>
    /// <returns>The one before.</returns>
    public EscrowLease? Replace(EscrowLease? lease, long now)
    {
        lock (_lock)
        {
            var before = _lease;
            _lease = lease;
            if (before is not null)
            {
                (before.RetiredAt, before.QuietSince) = (now, now);
            }

            return before;
        }
    }

    /// <summary>Whether a lease that retired may be given back: nothing was taken from it, or all that took is over for long enough to be booked by itself.</summary>
    public bool IsDone(EscrowLease lease, TimeSpan quiet, TimeSpan longest, long now)
    {
        lock (_lock)
        {
            return lease.UsedNanoUsd == 0
                || (lease.Open == 0 && now - lease.QuietSince >= quiet.Ticks)
                || now - lease.RetiredAt >= longest.Ticks;
        }
    }

    private static long Left(AdmissionRequest request, AdmissionAnswer answer)
    {
        var left = long.MaxValue;
        for (var i = 0; i < request.Budgets.Count && i < answer.Budgets.Count; i++)
        {
            if (request.Budgets[i].Hard)
            {
                left = Math.Min(left, request.Budgets[i].LimitNanoUsd - answer.Budgets[i].SpentNanoUsd - answer.Budgets[i].HeldNanoUsd);
            }
        }

        return left == long.MaxValue ? 0 : Math.Max(0, left);
    }

    private bool HasSlots_NeedsLock(IReadOnlyList<BudgetCharge> charges)
    {
        var next = 0;
        for (var i = 0; i < charges.Count; i++)
        {
            if (charges[i].Hard && (next >= _charges.Length || _charges[next++] != charges[i]))
            {
                return false;
            }
        }

        return next == _charges.Length;
    }

    private void Turn_NeedsLock(long now)
    {
        var second = now / TimeSpan.TicksPerSecond;
        for (var i = Math.Max(_second + 1, second - Seconds + 1); i <= second; i++)
        {
            _spent[(int)(i % Seconds)] = 0;
        }

        _second = Math.Max(_second, second);
    }
}
