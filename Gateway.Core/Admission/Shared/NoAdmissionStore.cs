namespace Gateway.Core.Admission.Shared;

/// <summary>Stands where no shared state is configured: one Edge decides by itself, and nobody else renews or settles. Stateless.</summary>
public sealed class NoAdmissionStore : IAdmissionStore
{
    public static NoAdmissionStore Instance { get; } = new();

    public bool IsUp => false;

    public ValueTask<AdmissionAnswer?> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken) => default;

    public ValueTask<AdmissionAnswer?> PeekAsync(AdmissionRequest request, CancellationToken cancellationToken) => default;

    public ValueTask<SettleOutcome?> SettleAsync(Settlement settlement, CancellationToken cancellationToken) => default;

    public ValueTask<bool> VoidAsync(Hold hold, CancellationToken cancellationToken) => default;

    public ValueTask<EpochState?> RenewAsync(string organisation, string holder, IReadOnlyList<Hold> holds, bool isAll, CancellationToken cancellationToken) => default;
}
