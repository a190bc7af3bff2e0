using Gateway.Core.Admission.Local;
using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Admission;

/// <summary>
/// Decides on requests: the shared state when it is there, this process otherwise. Where none is configured this process is the authority; where one is away, limits are divided by the Edges that were
/// seen last, soft budgets are open, and hard ones spend what was put aside before (<see cref="Escrow"/>). Thread-safe.
/// </summary>
/// <remarks>
/// What is admitted here meanwhile is not charged to the shared limits when they are back: all Edges together admit no more than the limit while it lasts, and what the shared state said last is where
/// each of them goes on. So the change back may let one more burst pass, and no more. What was spent is booked by the requests' own settlements.
/// </remarks>
/// <param name="local">Remembers what the shared state said, and decides alone.</param>
/// <param name="shared">Null when none is configured.</param>
/// <param name="escrow">Null without a shared state.</param>
internal sealed class EdgeAdmission(
    LocalAdmissionStore local, OpenHolds open, VoidQueue voids, EdgePeers peers, TimeProvider time, EdgeAdmissionMetrics metrics, ILogger<EdgeAdmission> logger, IAdmissionStore? shared = null, Escrow? escrow = null)
    : IEdgeAdmission
{
    /// <summary>When what was spent is being counted anew, it takes seconds.</summary>
    private static readonly TimeSpan RebuildingRetry = TimeSpan.FromSeconds(2);

    /// <summary>So long a request waits for the shared state when nothing but its answer can admit it.</summary>
    private static readonly TimeSpan HardPatience = TimeSpan.FromSeconds(2);

    /// <summary>Between two questions of the same request.</summary>
    private static readonly TimeSpan HardPause = TimeSpan.FromMilliseconds(50);

    public bool IsDegraded => shared is { IsUp: false };

    public ValueTask<AdmissionAnswer> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (shared is null)
        {
            return AdmitAlone(request, cancellationToken);
        }

        if (!shared.IsUp)
        {
            return new(Degrade(request));
        }

        // A flood over the limit must not become a flood on the shared state: what it would refuse by its last answer is refused here.
        if (request.Limits.Count > 0 && local.Foresee(request) is { } foreseen)
        {
            return new(Count(foreseen, EdgeAdmissionMetrics.ByMemory));
        }

        return AskAsync(shared, request, cancellationToken);
    }

    public async ValueTask<AdmissionAnswer> PeekAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (shared is null)
        {
            if (request.Budgets.Count > 0)
            {
                await open.FillAsync(request, cancellationToken);
            }

            return local.Peek(request);
        }

        if (shared.IsUp && await AskSafelyAsync(shared, request, isPeek: true, cancellationToken) is { } answer)
        {
            return answer;
        }

        local.Share = peers.Count;
        return local.Peek(request, withBudgets: false) with { Degraded = true };
    }

    public void Void(Hold hold)
    {
        open.Void(hold.RequestId, hold.Part);
        if (shared is null)
        {
            return;
        }

        escrow?.Ended(hold.RequestId, hold.Part);
        if (hold.Ticket.Places.Count > 0)
        {
            local.Leave(hold);
        }

        voids.Add(hold);
    }

    public void Ended(Hold hold)
    {
        open.Ended(hold.RequestId);
        if (shared is null)
        {
            return;
        }

        escrow?.Ended(hold.RequestId, hold.Part);
        if (hold.Ticket.Places.Count > 0)
        {
            local.Leave(hold);
        }
    }

    private ValueTask<AdmissionAnswer> AdmitAlone(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var answer = local.Admit(request);
        return answer.Outcome is AdmissionOutcome.Rebuilding ? FillAsync(request, cancellationToken) : new(Alone(request, answer));
    }

    private async ValueTask<AdmissionAnswer> FillAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        await open.FillAsync(request, cancellationToken);
        return Alone(request, local.Admit(request));
    }

    private AdmissionAnswer Alone(AdmissionRequest request, AdmissionAnswer answer)
    {
        if (answer.Outcome is AdmissionOutcome.Admitted)
        {
            Follow(request, answer.HeldNanoUsd, withBudgets: true);
        }
        else if (answer.Outcome is AdmissionOutcome.Rebuilding)
        {
            answer = answer with { RetryAfter = RebuildingRetry };
        }

        return Count(answer, EdgeAdmissionMetrics.Locally);
    }

    private async ValueTask<AdmissionAnswer> AskAsync(IAdmissionStore store, AdmissionRequest request, CancellationToken cancellationToken)
    {
        var asked = local.NowMicros;
        if ((await AskSafelyAsync(store, request, isPeek: false, cancellationToken) ?? await AskAgainAsync(store, request, cancellationToken)) is not { } answer)
        {
            // Nobody knows whether it was carried out: it must not count when it was, nor when it is later.
            voids.Add(RequestTicket.HoldOf(request, 0));
            return Degrade(request);
        }

        if (request.Limits.Count > 0)
        {
            local.Learn(request, answer, asked);
        }

        if (answer.Outcome is AdmissionOutcome.Rebuilding)
        {
            return Degrade(request);
        }

        if (answer is { Outcome: AdmissionOutcome.Admitted, HeldNanoUsd: > 0 } && HasHardBudget(request))
        {
            escrow?.Note(request, answer);
        }

        return Count(answer, EdgeAdmissionMetrics.ByRedis);
    }

    /// <summary>
    /// One slow moment is no reason to refuse who has a hard budget and nothing put aside: it asks again with the same id, which gets the same decision if there is one already.
    /// </summary>
    private async ValueTask<AdmissionAnswer?> AskAgainAsync(IAdmissionStore store, AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (!HasHardBudget(request) || HasRoomInEscrow(request))
        {
            return null;
        }

        var asked = time.GetTimestamp();
        AdmissionAnswer? answer = null;
        try
        {
            while (answer is null && time.GetElapsedTime(asked) < HardPatience)
            {
                await Task.Delay(HardPause, time, cancellationToken);
                answer = store.IsUp ? await AskSafelyAsync(store, request, isPeek: false, cancellationToken) : null;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            voids.Add(RequestTicket.HoldOf(request, 0));
            throw;
        }

        return answer;
    }

    private async ValueTask<AdmissionAnswer?> AskSafelyAsync(IAdmissionStore store, AdmissionRequest request, bool isPeek, CancellationToken cancellationToken)
    {
        try
        {
            return await (isPeek ? store.PeekAsync(request, cancellationToken) : store.AdmitAsync(request, cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (!isPeek)
            {
                voids.Add(RequestTicket.HoldOf(request, 0));
            }

            throw;
        }
#pragma warning disable CA1031 // A fault of ours in the limiter is no reason to refuse: it is as if there were no answer.
        catch (Exception exception)
        {
            logger.AdmissionFailed(exception);
            return null;
        }
#pragma warning restore CA1031
    }

    private bool HasRoomInEscrow(AdmissionRequest request)
    {
        if (escrow is null || !escrow.TryTake(request, out var take))
        {
            return false;
        }

        escrow.Untake(request, take);
        return true;
    }

    private AdmissionAnswer Degrade(AdmissionRequest request)
    {
        var isHard = HasHardBudget(request);
        EscrowTake take = default;
        var isTaken = isHard && escrow is not null && escrow.TryTake(request, out take);
        AdmissionAnswer? answer = null;
        try
        {
            local.Share = peers.Count;
            answer = isHard && !isTaken ? local.Peek(request, withBudgets: false) : local.Admit(request, withBudgets: false);
        }
#pragma warning disable CA1031 // Limits that cannot be decided are open; money that cannot be decided is closed, by the escrow alone.
        catch (Exception exception)
        {
            logger.AdmissionFailed(exception);
            answer = new AdmissionAnswer { Outcome = AdmissionOutcome.Admitted, Limits = new LimitState[request.Limits.Count], Budgets = new BudgetState[request.Budgets.Count] };
        }
#pragma warning restore CA1031

        if (answer.Outcome is not AdmissionOutcome.Admitted)
        {
            if (isTaken)
            {
                escrow!.Untake(request, take);
            }

            return Count(answer with { Degraded = true }, EdgeAdmissionMetrics.Locally);
        }

        if (isHard && !isTaken)
        {
            return Count(answer with { Outcome = AdmissionOutcome.Rebuilding, Binding = HardBudget(request), RetryAfter = RebuildingRetry, Degraded = true }, EdgeAdmissionMetrics.ByEscrow);
        }

        Follow(request, 0, withBudgets: false);
        return Count(
            answer with { Degraded = true, HeldNanoUsd = take.AmountNanoUsd, OutputCap = isTaken ? take.OutputCap : request.Budgets.Count > 0 ? request.Bound.OutputCap : -1 },
            isTaken ? EdgeAdmissionMetrics.ByEscrow : EdgeAdmissionMetrics.Locally);
    }

    // Only what has something to give back: rates of requests have not.
    private void Follow(AdmissionRequest request, long held, bool withBudgets)
    {
        var isWorthIt = withBudgets && request.Budgets.Count > 0;
        for (var i = 0; i < request.Limits.Count && !isWorthIt; i++)
        {
            isWorthIt = request.Limits[i].Unit is LimitUnit.Concurrency or LimitUnit.Tokens;
        }

        if (isWorthIt)
        {
            var hold = RequestTicket.HoldOf(withBudgets ? request : request with { Budgets = [] }, held);
            open.Track(hold);
        }
    }

    private static bool HasHardBudget(AdmissionRequest request) => HardBudget(request) >= 0;

    private static int HardBudget(AdmissionRequest request)
    {
        for (var i = 0; i < request.Budgets.Count; i++)
        {
            if (request.Budgets[i].Hard)
            {
                return i;
            }
        }

        return -1;
    }

    private AdmissionAnswer Count(AdmissionAnswer answer, string by)
    {
        metrics.Decided(answer.Outcome, by);
        return answer;
    }
}
