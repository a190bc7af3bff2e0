using System.Diagnostics.Metrics;
using Gateway.Core.Admission.Local;
using Gateway.Core.Admission.Shared;
using Gateway.Edge.Admission;
using Gateway.Edge.Tests.Rig;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Edge.Tests.Admission;

/// <summary>The admission of one Edge around a shared store that a test controls, or alone.</summary>
internal sealed class AdmittingEdge : IAsyncDisposable
{
    private static readonly IMeterFactory Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    public AdmittingEdge(ManualTime time, SharedStoreModel? shared)
    {
        Time = time;
        Metrics = new EdgeAdmissionMetrics(Meters);
        Peers = new EdgePeers(Metrics);
        Local = new LocalAdmissionStore(time, isToldBySource: shared is null);
        Open = new OpenHolds(Local, Usage, time, Metrics, NullLogger<OpenHolds>.Instance, isAuthority: shared is null);
        Voids = new VoidQueue(shared, time, Metrics, NullLogger<VoidQueue>.Instance);
        Escrow = shared is null ? null : new Escrow(shared, Keeper, Voids, time, Metrics, NullLogger<Escrow>.Instance);
        Admission = new EdgeAdmission(Local, Open, Voids, Peers, time, Metrics, NullLogger<EdgeAdmission>.Instance, shared, Escrow);
    }

    public ManualTime Time { get; }

    public EdgeAdmissionMetrics Metrics { get; }

    public EdgePeers Peers { get; }

    public LocalAdmissionStore Local { get; }

    public LedgerModel Usage { get; } = new();

    public OpenHolds Open { get; }

    public VoidQueue Voids { get; }

    public HoldTable Keeper { get; } = new();

    public Escrow? Escrow { get; }

    public EdgeAdmission Admission { get; }

    /// <summary>For tests that cut one of several off.</summary>
    public bool IsCut { get; set; }

    public async Task<AdmissionAnswer> AdmitAsync(AdmissionRequest request) => await Admission.AdmitAsync(request, CancellationToken.None);

    /// <summary>Time passes while it asks again.</summary>
    public async Task<AdmissionAnswer> AdmitPatientlyAsync(AdmissionRequest request)
    {
        var asking = AdmitAsync(request);
        while (!asking.IsCompleted)
        {
            Time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        return await asking;
    }

    /// <summary>One second passes: leases are renewed and sized.</summary>
    public async Task SecondAsync(SharedStoreModel shared)
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        if (shared.IsUp && !shared.IsSilent)
        {
            foreach (var hold in Keeper.Holds.Values)
            {
                shared.Counters.Renew(hold);
            }
        }

        await Escrow!.RoundAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        // What is still to be given back when the store is away is waited for on this clock.
        var stopping = Voids.StopAsync(CancellationToken.None);
        while (!stopping.IsCompleted)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await stopping;
        Voids.Dispose();
        Open.Dispose();
        Escrow?.Dispose();
    }
}

/// <summary>Remembers what is to be renewed.</summary>
internal sealed class HoldTable : IHoldKeeper
{
    public Dictionary<Guid, Hold> Holds { get; } = [];

    public void Add(Hold hold) => Holds[hold.RequestId] = hold;

    public void Remove(Guid requestId, int part) => Holds.Remove(requestId);
}

/// <summary>A ledger that says what a test told it.</summary>
internal sealed class LedgerModel : IUsageSettlements
{
    public bool IsAway { get; set; }

    public Dictionary<BudgetSlot, long> Spent { get; } = [];

    public Dictionary<Guid, SettledRequest> Settled { get; } = [];

    public int SpentQueries { get; private set; }

    public int SettledQueries { get; private set; }

    public TaskCompletionSource? Gate { get; set; }

    public async ValueTask<IReadOnlyList<long>?> SpentAsync(SpentQuery query, CancellationToken cancellationToken)
    {
        SpentQueries++;
        Assert.InRange(query.Slots.Count, 1, UsageContract.Most);
        if (Gate is { } gate)
        {
            await gate.Task;
        }

        return IsAway ? null : [.. query.Slots.Select(slot => Spent.GetValueOrDefault(slot))];
    }

    public ValueTask<IReadOnlyList<SettledRequest>?> SettledAsync(SettledQuery query, CancellationToken cancellationToken)
    {
        SettledQueries++;
        Assert.InRange(query.Requests.Count, 1, UsageContract.Most);
        return new(IsAway ? null : [.. query.Requests.Where(Settled.ContainsKey).Select(id => Settled[id])]);
    }
}
