using Gateway.Core.Journal;
using Gateway.Usage.Ledger.PostgreSql;
using Gateway.Usage.Ledger.PostgreSql.Cache;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Gateway.Usage.Ledger;

internal static class LedgerExtensions
{
    /// <summary>The ledger, opened before the listeners: in PostgreSQL where it is configured, else in files of the data folder.</summary>
    /// <exception cref="JournalConfigurationException">The connection string is none.</exception>
    public static WebApplicationBuilder AddLedger(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptionsWithValidateOnStart<LedgerOptions, LedgerOptionsValidator>().BindConfiguration(LedgerOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(JournalDisk.Real);
        services.AddSingleton<LedgerMetrics>();
        if (builder.Configuration.GetConnectionString(LedgerDatabase.ConnectionName) is { Length: > 0 } connection)
        {
            // Asked here: what is wrong with it is told before anything starts.
            LedgerDatabase.Check(connection);
            services.AddSingleton(provider => LedgerDatabase.Connect(connection, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<LedgerDatabase>>()));
            services.AddSingleton(MakePostgres);
            services.TryAddSingleton<ILedgerStore>(static provider => provider.GetRequiredService<PostgresLedger>());
            services.AddHostedService<LedgerUpkeep>();
        }
        else
        {
            services.AddSingleton<EmbeddedLedger>();
            services.TryAddSingleton<ILedgerStore>(static provider => provider.GetRequiredService<EmbeddedLedger>());
            services.AddHostedService<LedgerStart>();
        }

        // After the store's own start: the ledger is open, and what is damaged in it is known.
        services.AddSingleton<LedgerSweeper>();
        services.AddHostedService(static provider => provider.GetRequiredService<LedgerSweeper>());
        services.AddHealthChecks().AddCheck<LedgerHealthCheck>("ledger");
        return builder;
    }

    private static PostgresLedger MakePostgres(IServiceProvider services)
    {
        var (database, options, logger) = (services.GetRequiredService<LedgerDatabase>(), services.GetRequiredService<IOptions<LedgerOptions>>().Value, services.GetRequiredService<ILogger<PostgresLedger>>());
        var data = services.GetRequiredService<IConfiguration>()["GATEWAY_DATA"] is { Length: > 0 } configured ? configured : ".data";
        var columns = options.ColumnCache
            ? new ColumnCache(database, Path.Combine(data, ColumnCache.FolderName), services.GetRequiredService<JournalDisk>(), options, services.GetRequiredService<TimeProvider>(), logger)
            : null;
        return new PostgresLedger(
            database, columns, services.GetRequiredService<Budgets.BudgetBook>(), services.GetRequiredService<Budgets.DispatchedRequests>(), services.GetRequiredService<LedgerMetrics>(), logger);
    }
}

/// <summary>Makes the ledger at the start: replay first, requests afterwards.</summary>
internal sealed class LedgerStart(EmbeddedLedger ledger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = ledger;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

internal sealed class LedgerHealthCheck(ILedgerStore ledger) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        ledger.Problem is not { } problem ? HealthCheckResult.Healthy()
        // A database that is away comes back, and what is not taken meanwhile is kept by the Routers: no reason not to start.
        : ledger is PostgresLedger ? HealthCheckResult.Degraded(problem)
        : HealthCheckResult.Unhealthy(problem));
}
