using System.Text.Json.Nodes;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Edge.Admin;

/// <summary>
/// The providers' state in /ready, as the Routers tell it in theirs. Asked for every few seconds at most. Never unhealthy: the Edge answers also when
/// a provider does not, and whether there is a Router at all is another check's matter.
/// </summary>
internal sealed class ProvidersHealthCheck(RouterReports reports, TimeProvider time) : IHealthCheck
{
    public const string Name = "providers";

    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private sealed record Answer(HealthCheckResult Result, long At);

    private volatile Answer? _last;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        // Two that ask at the same moment ask twice, which harms nobody.
        if (_last is { } last && time.GetElapsedTime(last.At) < Fresh)
        {
            return last.Result;
        }

        var answers = await reports.AskAsync("/ready", role: null, Patience, cancellationToken);
        var result = Worst(answers);
        _last = new Answer(result, time.GetTimestamp());
        return result;
    }

    private static HealthCheckResult Worst(IReadOnlyList<JsonObject?> answers)
    {
        HealthCheckResult? worst = null;
        foreach (var answer in answers)
        {
            if (answer?["checks"]?[Name] is not JsonObject check || check["detail"] is not JsonValue detail || !detail.TryGetValue(out string? text))
            {
                continue;
            }

            var isReady = check["status"] is JsonValue status && status.TryGetValue(out string? word) && word == "ready";
            if (worst is null || !isReady)
            {
                worst = isReady ? HealthCheckResult.Healthy(text) : HealthCheckResult.Degraded(text);
            }
        }

        return worst ?? HealthCheckResult.Healthy("not known");
    }
}
