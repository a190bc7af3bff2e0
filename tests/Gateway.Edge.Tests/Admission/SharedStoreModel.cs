using Gateway.Core.Admission.Local;
using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Tests.Admission;

/// <summary>A shared store that does what a test says: answers, is silent before or after it carried out a call, is not open, throws. Its counters are those of a local store.</summary>
/// <param name="counters">Those of another model: the same store seen from another Edge.</param>
internal sealed class SharedStoreModel(TimeProvider time, LocalAdmissionStore? counters = null) : IAdmissionStore
{
    private int _admissions;
    private int _voids;

    public LocalAdmissionStore Counters { get; } = counters ?? new(time);

    public bool IsUp { get; set; } = true;

    /// <summary>No answer comes, and nothing is carried out.</summary>
    public bool IsSilent { get; set; }

    /// <summary>No answer comes, and it is carried out all the same.</summary>
    public bool LosesAnswers { get; set; }

    public bool IsRebuilding { get; set; }

    public Exception? Failure { get; set; }

    /// <summary>Not null: answers wait for it.</summary>
    public Task? Gate { get; set; }

    public int Admissions => Volatile.Read(ref _admissions);

    public int Voids => Volatile.Read(ref _voids);

    public async ValueTask<AdmissionAnswer?> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _admissions);
        if (Failure is { } failure)
        {
            throw failure;
        }

        if (IsSilent)
        {
            return null;
        }

        if (IsRebuilding && request.Budgets.Any(static budget => budget.Hard))
        {
            return new AdmissionAnswer { Outcome = AdmissionOutcome.Rebuilding, Limits = new LimitState[request.Limits.Count], Budgets = new BudgetState[request.Budgets.Count] };
        }

        var answer = Counters.Admit(request);
        if (Gate is { } gate)
        {
            await gate.WaitAsync(cancellationToken);
        }

        return LosesAnswers ? null : answer;
    }

    public ValueTask<AdmissionAnswer?> PeekAsync(AdmissionRequest request, CancellationToken cancellationToken) =>
        new(IsSilent ? null : Counters.Peek(request));

    public ValueTask<SettleOutcome?> SettleAsync(Settlement settlement, CancellationToken cancellationToken) => new(IsSilent ? null : Counters.Settle(settlement));

    public ValueTask<bool> VoidAsync(Hold hold, CancellationToken cancellationToken)
    {
        if (IsSilent)
        {
            return new(false);
        }

        Counters.Void(hold);
        Interlocked.Increment(ref _voids);
        return new(true);
    }

    public ValueTask<EpochState?> RenewAsync(string organisation, string holder, IReadOnlyList<Hold> holds, bool isAll, CancellationToken cancellationToken) =>
        IsSilent ? new((EpochState?)null) : Counters.RenewAsync(organisation, holder, holds, isAll, cancellationToken);
}
