using Gateway.Core.Journal;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Usage.Ledger;

internal static class LedgerExtensions
{
    /// <summary>The embedded ledger, opened before the listeners.</summary>
    public static WebApplicationBuilder AddLedger(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptionsWithValidateOnStart<LedgerOptions, LedgerOptionsValidator>().BindConfiguration(LedgerOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(JournalDisk.Real);
        services.AddSingleton<LedgerMetrics>();
        services.AddSingleton<EmbeddedLedger>();
        services.TryAddSingleton<ILedgerStore>(static provider => provider.GetRequiredService<EmbeddedLedger>());
        services.AddHostedService<LedgerStart>();
        services.AddHealthChecks().AddCheck<LedgerHealthCheck>("ledger");
        return builder;
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
        ledger.Failure is not null ? HealthCheckResult.Unhealthy("the disk of the ledger failed")
        : !ledger.IsWritable ? HealthCheckResult.Unhealthy("the disk of the ledger is nearly full")
        : HealthCheckResult.Healthy());
}
