using Gateway.Core.Admission.Redis;
using Gateway.Core.Admission.Shared;
using Gateway.Usage.Budgets.Alerts;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Usage.Budgets;

internal static class BudgetExtensions
{
    /// <summary>What the ledger says about budgets: for Edges, for alerts, and for the shared store where there is one.</summary>
    public static WebApplicationBuilder AddBudgets(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<BudgetOptions>().BindConfiguration(BudgetOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(static provider => new BudgetBook(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(static provider => new DispatchedRequests(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<BudgetMetrics>();
        services.AddSingleton<BudgetGauges>();
        services.AddHostedService<BudgetGaugesStart>();
        services.AddSingleton<BudgetEndpoints>();
        services.AddSingleton<AlertSender>();
        services.AddHostedService(static provider => provider.GetRequiredService<AlertSender>());
        services.AddHostedService<BudgetAlerts>();
        if (builder.AddRedisLink())
        {
            services.TryAddSingleton<IAdmissionStore>(static provider => provider.GetRequiredService<RedisAdmissionStore>());
            services.TryAddSingleton<IBudgetAuthority>(static provider => provider.GetRequiredService<RedisBudgetAuthority>());
            services.AddSingleton(static provider => new BudgetTools(
                provider.GetRequiredService<BudgetBook>(), provider.GetRequiredService<DispatchedRequests>(), provider.GetRequiredService<IBudgetAuthority>(),
                provider.GetRequiredService<IAdmissionStore>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<BudgetMetrics>(),
                provider.GetRequiredService<ILogger<BudgetKeeper>>()));
            services.AddHostedService<BudgetKeeper>();
        }

        services.AddHealthChecks().Add(new("redis", static provider => new BudgetStoreHealthCheck(provider.GetService<IBudgetAuthority>()), failureStatus: null, tags: null));
        return builder;
    }

    /// <summary>Where Edges ask.</summary>
    public static void MapBudgets(this WebApplication app) => app.Services.GetRequiredService<BudgetEndpoints>().Map(app);
}
