using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Admission;

/// <summary>Where nobody decides: limits are open, since they protect, and hard budgets are closed, since what is spent cannot be taken back.</summary>
internal sealed class NoAdmission : IEdgeAdmission
{
    public bool IsDegraded => false;

    public ValueTask<AdmissionAnswer> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken) => new(new AdmissionAnswer
    {
        Outcome = request.Budgets.Any(static budget => budget.Hard) ? AdmissionOutcome.Rebuilding : AdmissionOutcome.Admitted,
        OutputCap = request.Budgets.Count > 0 ? request.Bound.OutputCap : -1,
    });

    public ValueTask<AdmissionAnswer> PeekAsync(AdmissionRequest request, CancellationToken cancellationToken) => AdmitAsync(request, cancellationToken);

    public void Void(Hold hold)
    {
    }
}
