using System.Diagnostics.Metrics;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Tests;
using Gateway.Usage.Budgets;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Usage.Tests.Budgets;

/// <summary>One organisation's keeper with a ledger's book and a store in memory, under a clock that the test moves.</summary>
internal sealed class BudgetRig
{
    public const string Organisation = "acme";

    public static readonly BudgetSlot Key = new("key:demo|lifetime", 0);
    public static readonly BudgetSlot Team = new("team:research|month:2026-01-01@UTC", 0);

    public static readonly IMeterFactory Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    public BudgetRig()
    {
        (Book, Dispatched, Store) = (new BudgetBook(Time), new DispatchedRequests(Time), new FakeBudgetStore(Time));
        Keeper = NewKeeper();
    }

    public ManualTime Time { get; } = new();

    public BudgetBook Book { get; }

    public DispatchedRequests Dispatched { get; }

    public FakeBudgetStore Store { get; }

    public LogLines Log { get; } = new();

    public OrganisationKeeper Keeper { get; private set; }

    public Guid NewId() => Guid.CreateVersion7(Time.GetUtcNow());

    public static Hold Hold(Guid id, long held = 1_000_000, int part = 0, params BudgetSlot[] slots) =>
        new(id, part, new AdmissionTicket { Organisation = Organisation, Budgets = slots.Length > 0 ? slots : [Key, Team], IsHard = true, HeldNanoUsd = held });

    public static Settlement Settlement(Guid id, long cost) => new() { RequestId = id, Ticket = Hold(id).Ticket, CostNanoUsd = cost };

    /// <summary>The process is another one, on the same ledger.</summary>
    public void Restart() => Keeper = NewKeeper();

    /// <summary>A record arrives in the ledger.</summary>
    public void Ship(Guid id, long cost, params BudgetSlot[] slots)
    {
        var final = FakeJournal.Final(id);
        Dispatched.BatchCame();
        Book.Add(final with
        {
            Intent = final.Intent with { Organisation = Organisation, Budgets = slots.Length > 0 ? slots : [Key, Team] },
            CostNanoUsd = cost,
        });
        Dispatched.Ended(id);
    }

    /// <summary>Turns of the keeper for a while.</summary>
    /// <param name="each">What happens before each turn.</param>
    public async Task RunAsync(TimeSpan time, Func<ValueTask>? each = null)
    {
        for (var end = Time.GetUtcNow() + time; Time.GetUtcNow() < end;)
        {
            if (each is not null)
            {
                await each();
            }

            Time.Advance(await Keeper.StepAsync(default));
        }
    }

    /// <summary>Opens the epoch; nobody else is there.</summary>
    public async Task OpenAsync()
    {
        await RunAsync(TimeSpan.FromSeconds(5));
        Assert.True(Store.IsOpen);
    }

    private OrganisationKeeper NewKeeper() =>
        new(Organisation, Book.Watch(), new BudgetTools(Book, Dispatched, Store, Store, Time, new BudgetMetrics(Meters), Log.CreateLogger("")));
}
