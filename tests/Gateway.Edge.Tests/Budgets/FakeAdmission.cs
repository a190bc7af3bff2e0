using System.Collections.Concurrent;
using Gateway.Core.Admission.Shared;
using Gateway.Edge.Admission;

namespace Gateway.Edge.Tests.Budgets;

/// <summary>An admission that answers as the test says, and remembers what it was asked and told.</summary>
internal sealed class FakeAdmission : IEdgeAdmission
{
    public ConcurrentQueue<AdmissionRequest> Asked { get; } = new();

    public ConcurrentQueue<AdmissionRequest> Peeked { get; } = new();

    public BlockingCollection<Hold> Voided { get; } = [];

    public BlockingCollection<Hold> Over { get; } = [];

    public Func<AdmissionRequest, AdmissionAnswer> Answer { get; set; } = Admit;

    /// <summary>Before each answer. It gets what the request is cancelled by, and need not heed it.</summary>
    public Func<CancellationToken, Task> Wait { get; set; } = static _ => Task.CompletedTask;

    public bool IsDegraded { get; set; }

    public static AdmissionAnswer Admit(AdmissionRequest request)
    {
        var held = request.Budgets.Count == 0 ? 0 : MoneyBound.Of(request.Bound.CautiousInputNanoUsd, request.Bound.NanoUsdPerOutputToken, request.Bound.OutputCap);
        return new AdmissionAnswer
        {
            Outcome = AdmissionOutcome.Admitted,
            Limits = [.. request.Limits.Select(static rule => new LimitState(rule.Burst - 1, TimeSpan.FromSeconds(5), Exceeded: false))],
            Budgets = [.. request.Budgets.Select(_ => new BudgetState(1_500_000_000, held))],
            HeldNanoUsd = held,
            OutputCap = request.Budgets.Count == 0 ? -1 : request.Bound.OutputCap,
        };
    }

    /// <summary>A limit of a name refuses, whoever's it is.</summary>
    public static Func<AdmissionRequest, AdmissionAnswer> Limit(string id, double retryAfter) => request =>
    {
        var index = request.Limits.ToList().FindIndex(rule => rule.Id == id);
        var answer = Admit(request);
        return index < 0 ? answer : answer with
        {
            Outcome = AdmissionOutcome.Limited,
            Binding = index,
            RetryAfter = TimeSpan.FromSeconds(retryAfter),
            Limits = [.. answer.Limits.Select((state, i) => i == index ? new LimitState(0, TimeSpan.FromSeconds(60), Exceeded: true) : state)],
            HeldNanoUsd = 0,
        };
    };

    /// <summary>A budget refuses what costs more than <paramref name="most"/>.</summary>
    public static Func<AdmissionRequest, AdmissionAnswer> Budget(string slot, long most = 0) => request =>
    {
        var index = request.Budgets.ToList().FindIndex(charge => charge.Booking.Id.StartsWith(slot, StringComparison.Ordinal));
        var answer = Admit(request);
        return index < 0 || answer.HeldNanoUsd <= most ? answer : answer with
        {
            Outcome = AdmissionOutcome.Unaffordable,
            Binding = index,
            Budgets = [.. request.Budgets.Select(static _ => new BudgetState(4_990_000_001, 9_000_000))],
            HeldNanoUsd = 0,
            OutputCap = -1,
        };
    };

    public async ValueTask<AdmissionAnswer> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        Asked.Enqueue(request);
        await Wait(cancellationToken);
        return Answer(request);
    }

    public ValueTask<AdmissionAnswer> PeekAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        Peeked.Enqueue(request);
        return new(Answer(request));
    }

    public void Void(Hold hold) => Voided.Add(hold);

    public void Ended(Hold hold) => Over.Add(hold);

    /// <summary>The next one that was given back.</summary>
    public static Hold Next(BlockingCollection<Hold> holds)
    {
        Assert.True(holds.TryTake(out var hold, Rig.EdgeServer.Patience), "Nothing was given back.");
        return hold;
    }
}
