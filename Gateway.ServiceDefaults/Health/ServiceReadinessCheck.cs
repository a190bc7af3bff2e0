using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.ServiceDefaults.Health;

internal sealed class ServiceReadinessCheck(IHttpClientFactory clients, string clientName) : IHealthCheck
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var http = clients.CreateClient(clientName);
            using var response = await http.GetAsync(ProbePaths.Health, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return response.IsSuccessStatusCode
                ? HealthCheckResult.Healthy()
                : new(context.Registration.FailureStatus, $"answers {(int)response.StatusCode}");
        }
        catch (HttpRequestException exception)
        {
            // The kind of the error, never its message, which names the host.
            return new(context.Registration.FailureStatus, $"cannot be reached ({exception.HttpRequestError})");
        }
        catch (OperationCanceledException)
        {
            return new(context.Registration.FailureStatus, $"did not answer within {Deadline.TotalSeconds} s");
        }
    }
}
