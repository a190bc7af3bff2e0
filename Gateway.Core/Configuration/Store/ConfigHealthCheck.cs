using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Core.Configuration.Store;

/// <summary>Degraded while the newest document is refused: the service works, but not with what the operator wants.</summary>
internal sealed class ConfigHealthCheck(IConfigStore store) : IHealthCheck
{
    public const string Name = "configuration";

    /// <summary>How the one problem begins that is no text of the document and may be shown. See <see cref="ConfigStore"/>.</summary>
    public const string TakeOverProblem = "a feature could not take over generation ";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var (generation, problem) = (store.Current.Generation, store.Problem);
        return Task.FromResult(problem is null
            ? HealthCheckResult.Healthy(string.Create(CultureInfo.InvariantCulture, $"generation {generation} in force"))
            : HealthCheckResult.Degraded(problem.StartsWith(TakeOverProblem, StringComparison.Ordinal)
                ? problem
                : string.Create(CultureInfo.InvariantCulture, $"configuration refused, generation {generation} in force")));
    }
}
