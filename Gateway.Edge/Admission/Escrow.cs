using System.Collections.Concurrent;
using Gateway.Core.Admission.Local;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Hosting;

namespace Gateway.Edge.Admission;

/// <summary>
/// Money for the time that the shared state is away: while it is there, each set of hard budgets that is in use has a little of it held here, and only that may be spent without asking. Thread-safe.
/// </summary>
/// <remarks>
/// Why nothing is overspent by it: what a lease has is held in the shared state like a request's money, so nobody else can have it. The shared state keeps a hold for 30 seconds after it last heard of
/// it, and a lease is used for 25 from the moment it was asked for, so that no fault of the connection, and no clock but this one, lets it be used when it is no longer held. What a request takes is its
/// bound with the input that cannot be exceeded, and is never put back; the request's own settlement books what it cost, and the lease is given back only when all that took from it has been over for 30 seconds.
/// Until then both count, which errs on the strict side. A store that lost its memory is not open before this Edge has announced its leases again, as every holder has to (<see cref="IHoldKeeper"/>).
/// What is left open: a store that lost its memory while this Edge, and not Usage, is cut off from it. Then a lease (at most a hundredth of what was left, at most 1 USD) may be spent twice.
/// </remarks>
/// <param name="store">The shared state.</param>
/// <param name="keeper">Renews the leases, and announces them.</param>
/// <param name="voids">Gives them back.</param>
internal sealed class Escrow(IAdmissionStore store, IHoldKeeper keeper, VoidQueue voids, TimeProvider time, EdgeAdmissionMetrics metrics, ILogger<Escrow> logger) : BackgroundService
{
    /// <summary>Sets of budgets that have a lease at most. Others have none.</summary>
    public const int Capacity = 1024;

    /// <summary>Requests at the same time that took from leases. Beyond it nothing is taken.</summary>
    private const int MostTaken = 16_384;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>A lease that old is replaced even when its amount is right: it would end too soon after a loss.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    /// <summary>Not used for so long, a set of budgets needs no lease.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<EscrowKey, EscrowAccount> _accounts = new();
    private readonly ConcurrentDictionary<RequestPart, (EscrowAccount Account, EscrowLease Lease)> _taken = new();
    private readonly List<(EscrowAccount Account, EscrowLease Lease)> _retired = [];

    /// <summary>Money that is held by leases, used or not.</summary>
    public long HeldNanoUsd { get; private set; }

    /// <summary>Sets of budgets in use.</summary>
    public int Count => _accounts.Count;

    private long Now => time.GetElapsedTime(0).Ticks;

    /// <summary>The shared state admitted a request with hard budgets.</summary>
    public void Note(AdmissionRequest request, AdmissionAnswer answer)
    {
        var key = new EscrowKey(request.Organisation, request.Budgets);
        if (!_accounts.TryGetValue(key, out var account))
        {
            if (_accounts.Count >= Capacity)
            {
                return;
            }

            account = _accounts.GetOrAdd(key, static (_, organisation) => new EscrowAccount(organisation), request.Organisation);
        }

        account.Note(request, answer, Now);
    }

    /// <summary>Takes the bound of a request from the lease of its budgets.</summary>
    /// <returns>False when there is none, or not enough of it.</returns>
    public bool TryTake(AdmissionRequest request, out EscrowTake take)
    {
        take = default;
        var key = new RequestPart(request.RequestId, request.Part);
        if (_taken.Count >= MostTaken || _taken.ContainsKey(key) || !_accounts.TryGetValue(new EscrowKey(request.Organisation, request.Budgets), out var account))
        {
            return false;
        }

        var (lease, amount, cap) = account.Take(request.Bound, Now);
        if (lease is null || amount < 0)
        {
            return false;
        }

        _taken[key] = (account, lease);
        take = new EscrowTake(amount, cap);
        return true;
    }

    /// <summary>Takes back what was taken for a request that is refused for another reason. Nothing of it may have been sent anywhere.</summary>
    public void Untake(AdmissionRequest request, EscrowTake take)
    {
        if (_taken.TryRemove(new RequestPart(request.RequestId, request.Part), out var taken))
        {
            taken.Account.Untake(taken.Lease, take.AmountNanoUsd);
        }
    }

    /// <summary>A request is over, or was never sent. What it took stays taken.</summary>
    public void Ended(Guid requestId, int part)
    {
        if (!_taken.IsEmpty && _taken.TryRemove(new RequestPart(requestId, part), out var taken))
        {
            taken.Account.Ended(taken.Lease, Now);
        }
    }

    /// <summary>One round: leases are taken, replaced and given back. One at a time.</summary>
    internal async Task RoundAsync(CancellationToken cancellationToken)
    {
        if (!store.IsUp)
        {
            return;
        }

        var held = 0L;
        foreach (var (key, account) in _accounts)
        {
            var now = Now;
            if (now - account.UsedAt >= Idle.Ticks)
            {
                _accounts.TryRemove(key, out _);
                Retire(account, account.Replace(null, now));
                continue;
            }

            await ResizeAsync(account, cancellationToken);
            held += account.Lease?.AmountNanoUsd ?? 0;
        }

        var ended = Now;
        for (var i = _retired.Count - 1; i >= 0; i--)
        {
            var (account, lease) = _retired[i];
            if (account.IsDone(lease, Quiet, Longest, ended))
            {
                _retired.RemoveAt(i);
                GiveBack(lease);
                Forget(lease);
            }
            else
            {
                held += lease.AmountNanoUsd;
            }
        }

        HeldNanoUsd = held;
        metrics.SetEscrow(held);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var account in _accounts.Values)
        {
            Retire(account, account.Replace(null, Now));
        }

        // What running requests took stays held until the leases end.
        foreach (var (account, lease) in _retired.Where(one => one.Account.IsDone(one.Lease, TimeSpan.Zero, Longest, Now)))
        {
            GiveBack(lease);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => UntilStopped.RunAsync(LoopAsync, stoppingToken);

    private async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RoundAsync(stoppingToken);
            }
#pragma warning disable CA1031 // The next round must come.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                logger.AdmissionFailed(exception);
            }
#pragma warning restore CA1031
        }
    }

    private async ValueTask ResizeAsync(EscrowAccount account, CancellationToken cancellationToken)
    {
        var now = Now;
        var (amount, charges) = account.Wanted(now);
        var lease = account.Lease;
        if (lease is { UsedNanoUsd: 0 } && now - lease.ConfirmedAt < Fresh.Ticks && amount >= lease.AmountNanoUsd / 2 && amount <= lease.AmountNanoUsd * 2)
        {
            return;
        }

        if (amount == 0)
        {
            // One that was used stays as long as it can be used: the store may be there and not be open yet.
            if (lease is not null && (lease.UsedNanoUsd == 0 || !lease.IsUsable(now)))
            {
                Retire(account, account.Replace(null, now));
            }

            return;
        }

        if (await TakeAsync(account, amount, charges, now, cancellationToken) is { } fresh)
        {
            Retire(account, account.Replace(fresh, Now));
        }
    }

    private async ValueTask<EscrowLease?> TakeAsync(EscrowAccount account, long amount, BudgetCharge[] charges, long now, CancellationToken cancellationToken)
    {
        var request = new AdmissionRequest
        {
            Organisation = account.Organisation,
            RequestId = Guid.CreateVersion7(time.GetUtcNow()),
            Budgets = charges,
            Bound = new MoneyBound(amount, amount, 0, 0, 0),
        };
        var hold = RequestTicket.HoldOf(request, amount);

        // Before it is asked for: a store that loses its memory in between would not be told of it.
        keeper.Add(hold);
        AdmissionAnswer? answer = null;
        try
        {
            answer = await store.AdmitAsync(request, cancellationToken);
        }
        finally
        {
            if (answer is not { Outcome: AdmissionOutcome.Admitted, HeldNanoUsd: > 0 })
            {
                keeper.Remove(request.RequestId, 0);
                if (answer is null)
                {
                    voids.Add(hold);
                }
            }
        }

        return answer is { Outcome: AdmissionOutcome.Admitted, HeldNanoUsd: > 0 } && answer.HeldNanoUsd == amount ? new EscrowLease(hold, now) : null;
    }

    private void Retire(EscrowAccount account, EscrowLease? lease)
    {
        if (lease is not null)
        {
            _retired.Add((account, lease));
        }
    }

    // Of a lease that nobody waits for any more, ends that were never told.
    private void Forget(EscrowLease lease)
    {
        if (lease.Open == 0)
        {
            return;
        }

        foreach (var (request, taken) in _taken)
        {
            if (ReferenceEquals(taken.Lease, lease))
            {
                _taken.TryRemove(request, out _);
            }
        }
    }

    private void GiveBack(EscrowLease lease)
    {
        keeper.Remove(lease.Hold.RequestId, lease.Hold.Part);
        voids.Add(lease.Hold);
    }
}

/// <param name="AmountNanoUsd">Taken.</param>
/// <param name="OutputCap">What it suffices for.</param>
internal readonly record struct EscrowTake(long AmountNanoUsd, long OutputCap);
