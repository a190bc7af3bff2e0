using System.Collections.Concurrent;
using Gateway.Core.Admission.Shared;
using End = Gateway.Core.Admission.Shared.Settlement;

namespace Gateway.Router.Tests.Budgets;

/// <summary>A shared state that remembers what it was told, in order, and answers as a test says: by itself it admits all and settles each request once.</summary>
internal sealed class FakeStore : IAdmissionStore
{
    private readonly ConcurrentQueue<object> _calls = new();
    private readonly ConcurrentDictionary<(Guid, int), bool> _settled = new();

    public bool IsUp { get; set; } = true;

    /// <summary>Called before the call is answered.</summary>
    public Func<Task> BeforeSettle { get; set; } = static () => Task.CompletedTask;

    public Func<AdmissionRequest, AdmissionAnswer?> OnAdmit { get; set; } = static request => new AdmissionAnswer
    {
        Outcome = AdmissionOutcome.Admitted,
        HeldNanoUsd = MoneyBound.Of(request.Bound.InputNanoUsd, request.Bound.NanoUsdPerOutputToken, request.Bound.OutputCap),
        OutputCap = request.Bound.OutputCap,
    };

    /// <summary>What becomes of a settlement; null leaves it to the store itself.</summary>
    public Func<End, (bool IsAnswer, SettleOutcome? Outcome)> OnSettle { get; set; } = static _ => (false, null);

    public Func<bool> OnVoid { get; set; } = static () => true;

    public IReadOnlyList<AdmissionRequest> Admissions => [.. _calls.OfType<AdmissionRequest>()];

    public IReadOnlyList<End> Settlements => [.. _calls.OfType<End>()];

    public IReadOnlyList<Hold> Voids => [.. _calls.OfType<Hold>()];

    /// <summary>Everything, in the order in which it was told.</summary>
    public IReadOnlyList<object> Calls => [.. _calls];

    public ValueTask<AdmissionAnswer?> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        _calls.Enqueue(request);
        return new(OnAdmit(request));
    }

    public ValueTask<AdmissionAnswer?> PeekAsync(AdmissionRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async ValueTask<SettleOutcome?> SettleAsync(End settlement, CancellationToken cancellationToken)
    {
        _calls.Enqueue(settlement);
        await BeforeSettle();
        var (isAnswer, outcome) = OnSettle(settlement);
        return isAnswer ? outcome : _settled.TryAdd((settlement.RequestId, settlement.Part), true) ? SettleOutcome.Settled : SettleOutcome.Repeated;
    }

    public ValueTask<bool> VoidAsync(Hold hold, CancellationToken cancellationToken)
    {
        _calls.Enqueue(hold);
        return new(OnVoid());
    }

    public ValueTask<EpochState?> RenewAsync(string organisation, string holder, IReadOnlyList<Hold> holds, bool isAll, CancellationToken cancellationToken) =>
        new(new EpochState(1, EpochPhase.Open));
}
