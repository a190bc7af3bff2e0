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
        services.AddSingleton<BudgetEndpoints>();
        services.AddSingleton<AlertSender>();
        services.AddHostedService(static provider => provider.GetRequiredService<AlertSender>());
        services.AddHostedService<BudgetAlerts>();
        return builder;
    }

    public static void MapBudgets(this WebApplication app) => app.Services.GetRequiredService<BudgetEndpoints>().Map(app);
}
