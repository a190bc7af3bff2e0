using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Router.Budgets;
using Gateway.Router.Tests.Attempts;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Budgets;

/// <summary>What the Edge may have held for a request, and a Router that settles in a <see cref="FakeStore"/>.</summary>
internal static class Tickets
{
    /// <summary>A hard budget and a soft one. The prices of <see cref="TestConfig"/>: 2,000 and 10,000 nano-USD a token.</summary>
    public static AdmissionTicket Hard(long held = 1_000_000, long cap = -1, long input = 20) => new()
    {
        Organisation = "acme",
        Budgets = [new("key:demo|day:2026-11-21@UTC", 0), new("team:research|rolling:86400", 487_153)],
        Terms = [new BudgetTerms(1, 5_000_000_000, Hard: true), new BudgetTerms(25, 9_000_000_000, Hard: false)],
        IsHard = true,
        HeldNanoUsd = held,
        InputTokens = input,
        OutputCap = cap,
    };

    public static Func<ContextClaims, ContextClaims> With(AdmissionTicket ticket) => claims => claims with { Ticket = ticket, Owner = "alice" };

    public static Action<WebApplicationBuilder> Use(FakeStore store, TimeProvider? time = null) => builder =>
    {
        builder.Services.AddSingleton<IAdmissionStore>(store);
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }
    };

    public static async Task<(Fleet Fleet, FakeStore Store)> StartAsync(Func<GatewayConfig, GatewayConfig> change, params RequestDelegate[] answers)
    {
        var store = new FakeStore();
        return (await Fleet.StartAsync(change, null, Use(store), answers), store);
    }

    /// <summary>Nothing is held any more, and nothing waits to be told.</summary>
    public static async Task AssertNothingHeldAsync(this RouterHost router)
    {
        await Fleet.UntilAsync(() => router.Services.GetRequiredService<HoldKeeper>().Count == 0 && router.Services.GetRequiredService<SettlementQueue>().Count == 0);
    }
}
