using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Running;

/// <summary>Asks the running instances how they are. A resource is healthy while all of its replicas are.</summary>
internal sealed class HealthMonitor(ResourceNotificationService notifications) : IDisposable
{
    private static readonly TimeSpan s_whileUnhealthy = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_whileHealthy = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(5) };
    private readonly Lock _lock = new();
    private readonly Dictionary<string, bool> _healthy = [];

    public async Task WatchAsync(Instance instance, CancellationToken ended)
    {
        var checks = instance.Resource.Annotations.OfType<HttpHealthCheckAnnotation>().Select(check => (Uri(instance, check), check.StatusCode)).ToList();
        try
        {
            var sick = Stopwatch.StartNew();
            while (true)
            {
                var trouble = await FirstTroubleAsync(checks, ended).ConfigureAwait(false);
                var healthy = trouble is null;
                Report(instance, healthy);
                if (healthy) { sick.Restart(); }
                else if (sick.Elapsed > s_patience)
                {
                    HostConsole.Host($"{instance.Id} is still not healthy: {trouble}");
                    sick.Restart();
                }
                if (checks.Count == 0) { return; }
                await Task.Delay(healthy ? s_whileHealthy : s_whileUnhealthy, ended).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            Report(instance, healthy: false, say: false);    // that it ended is said elsewhere
        }
    }

    public void Report(Instance instance, bool healthy, bool say = true)
    {
        lock (_lock)
        {
            var known = _healthy.TryGetValue(instance.Id, out var before);
            if (known ? before == healthy : !healthy) { return; }
            _healthy[instance.Id] = healthy;

            var all = Instance.Of(instance.Resource).ToList();
            var status = all.All(replica => _healthy.GetValueOrDefault(replica.Id)) ? HealthStatus.Healthy : HealthStatus.Unhealthy;
            if (say && instance.IsProcess) { HostConsole.Host($"{instance.Id}: {(healthy ? "Healthy" : "Unhealthy")}"); }
            foreach (var replica in all)
            {
                notifications.PublishUpdateAsync(instance.Resource, replica.Id, s => s with { HealthStatus = status });
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<string?> FirstTroubleAsync(List<(Uri Uri, int StatusCode)> checks, CancellationToken ended)
    {
        foreach (var (uri, statusCode) in checks)
        {
            try
            {
                using var response = await _http.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, ended).ConfigureAwait(false);
                if ((int)response.StatusCode != statusCode) { return $"GET {uri} answered {(int)response.StatusCode}, not {statusCode}."; }
            }
            catch (Exception trouble) when (trouble is HttpRequestException or TaskCanceledException && !ended.IsCancellationRequested)
            {
                return $"GET {uri}: {trouble.Message}";
            }
        }
        return null;
    }

    private static Uri Uri(Instance instance, HttpHealthCheckAnnotation check)
    {
        var endpoint = new EndpointReference((IResourceWithEndpoints)instance.Resource, check.EndpointName).EndpointAnnotation;
        return new Uri(string.Create(CultureInfo.InvariantCulture, $"{endpoint.UriScheme}://localhost:{endpoint.ReplicaPorts[instance.Replica]}{check.Path}"));
    }
}
