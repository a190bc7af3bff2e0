using System.Globalization;
using Gateway.Core.Journal;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Router.Settlement;

/// <summary>Without a journal that can be written nothing billable may be served.</summary>
internal sealed class JournalHealthCheck(UsageJournal journal) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        journal.Log.Failure is not null ? HealthCheckResult.Unhealthy("the disk of the usage journal failed")
        : !journal.IsWritable ? HealthCheckResult.Unhealthy("the usage journal has less than 5 % of its room left")
        : HealthCheckResult.Healthy());
}

/// <summary>The Usage service may be away as long as the journal has room.</summary>
internal sealed class ShipperHealthCheck(UsageJournal journal, ShipperState shipper) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var waiting = journal.Log.LastSeq - journal.AcknowledgedSeq;
        return Task.FromResult(shipper.Failures == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Create(
            CultureInfo.InvariantCulture, $"the Usage service takes no records: {waiting} wait in the journal since {shipper.Lag.TotalSeconds:F0} s")));
    }
}
