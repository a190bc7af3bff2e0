using Microsoft.AspNetCore.Http;

namespace Gateway.ServiceDefaults.Health;

internal static class ProbePaths
{
    public const string Health = "/health";
    public const string Ready = "/ready";
    public const string Metrics = "/metrics";

    /// <summary>Probes come every few seconds and say nothing about requests: they stay out of the traces.</summary>
    public static bool IsProbe(HttpContext context) => context.Request.Path.Value is Health or Ready or Metrics;
}
