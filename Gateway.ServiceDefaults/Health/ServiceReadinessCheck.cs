using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.ServiceDiscovery;

namespace Gateway.ServiceDefaults.Health;

internal sealed class ServiceReadinessCheck(IHttpClientFactory clients, ServiceEndpointResolver addresses, string serviceName, string clientName) : IHealthCheck
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    /// <summary>Discovery hands out the addresses in turn, so asking again asks the next one: one instance that answers is enough.</summary>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var source = await addresses.GetEndpointsAsync($"https+http://{serviceName}", cancellationToken);
        var count = Math.Max(1, source.Endpoints.Count);
        HealthCheckResult result;
        var asked = 0;
        do
        {
            // One that hangs must leave time for the others.
            using var share = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (count > 1)
            {
                share.CancelAfter(Deadline / count);
            }

            result = await AskAsync(context.Registration.FailureStatus, share.Token);
        }
        while (result.Status != HealthStatus.Healthy && ++asked < count && !cancellationToken.IsCancellationRequested);
        return result;
    }

    private async Task<HealthCheckResult> AskAsync(HealthStatus whenDown, CancellationToken cancellationToken)
    {
        try
        {
            using var http = clients.CreateClient(clientName);
            using var response = await http.GetAsync(ProbePaths.Health, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return response.IsSuccessStatusCode
                ? HealthCheckResult.Healthy()
                : new(whenDown, $"answers {(int)response.StatusCode}");
        }
        catch (HttpRequestException exception)
        {
            // The kind of the error, never its message, which names the host.
            return new(whenDown, $"cannot be reached ({exception.HttpRequestError})");
        }
        catch (OperationCanceledException)
        {
            return new(whenDown, $"did not answer within {Deadline.TotalSeconds} s");
        }
    }
}
