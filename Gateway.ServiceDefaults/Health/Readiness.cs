using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.ServiceDefaults.Health;

/// <summary>The dependencies' state, asked for at most once a second however many probes come. Thread-safe.</summary>
internal sealed class Readiness(HealthCheckService checks, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task<HealthReport>? _report;
    private long _askedAt;

    /// <summary>Never throws: a check that fails or hangs is part of the report.</summary>
    public Task<HealthReport> GetAsync()
    {
        TaskCompletionSource<HealthReport> asked;
        lock (_lock)
        {
            // A report that still runs is shared too: a slow dependency must not be asked by every probe at once.
            if (_report is not null && (!_report.IsCompleted || time.GetElapsedTime(_askedAt) < Fresh))
            {
                return _report;
            }
            asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _report = asked.Task;
            _askedAt = time.GetTimestamp();
        }
        _ = AskAsync(asked);
        return asked.Task;
    }

    // Not under a probe's own cancellation: the others wait for the same report.
    private async Task AskAsync(TaskCompletionSource<HealthReport> asked)
    {
        try
        {
            asked.SetResult(await checks.CheckHealthAsync(static check => !check.Tags.Contains(HealthExtensions.LiveTag), CancellationToken.None));
        }
        catch (Exception exception)
        {
            asked.SetException(exception);
        }
    }
}
