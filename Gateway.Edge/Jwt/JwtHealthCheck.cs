using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Edge.Jwt;

/// <summary>Degraded while the keys of an issuer were never had: its tokens are answered with 503.</summary>
internal sealed class JwtHealthCheck(JwtIssuers issuers) : IHealthCheck
{
    public const string Name = "token-issuers";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var waiting = issuers.All.Count(static issuer => issuer.Keys is null);
        return Task.FromResult(waiting == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded($"the keys of {waiting} issuer(s) are not at hand"));
    }
}
