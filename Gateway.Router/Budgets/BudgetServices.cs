using Gateway.Core.Admission.Redis;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Router.Cooldowns;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Router.Budgets;

internal static class BudgetServices
{
    /// <summary>What requests hold of limits and budgets is kept while they run, and settled after their end. Without a shared state there is nothing to keep or settle.</summary>
    public static WebApplicationBuilder AddBudgets(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        if (builder.AddRedisLink())
        {
            services.TryAddSingleton<IAdmissionStore>(static provider => provider.GetRequiredService<RedisAdmissionStore>());
        }
        else
        {
            services.TryAddSingleton<IAdmissionStore>(NoAdmissionStore.Instance);
        }

        services.AddSingleton(static provider => new HoldKeeper(
            provider.GetRequiredService<IAdmissionStore>(), provider.GetRequiredService<IConfigStore>(), provider.GetRequiredService<TimeProvider>(),
            $"router:{provider.GetRequiredService<RouterPeers>().Id:N}", provider.GetService<UsageJournal>() is { } journal ? new JournalMarks(journal) : null,
            provider.GetRequiredService<ILogger<HoldKeeper>>()));
        services.TryAddSingleton<IHoldKeeper>(static provider => provider.GetRequiredService<HoldKeeper>());
        services.AddSingleton<BudgetMetrics>();
        services.AddSingleton<SettlementQueue>();
        services.AddSingleton<RequestHolds>();
        services.AddHostedService(static provider => provider.GetRequiredService<HoldKeeper>());
        services.AddHostedService(static provider => provider.GetRequiredService<SettlementQueue>());
        return builder;
    }
}
